import type { ReactNode } from "react";
import type { ImpostorView } from "../../app/ipc/contract.ts";
import { withoutScheme } from "../model/address.ts";
import { grouped } from "../model/identity.ts";
import { imitatedSites, timesSeen } from "../model/impostor.ts";
import { moment } from "../model/time.ts";
import { Action } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

/** One flagged server: whom it imitated, where and when, and what it proved. */
export function ImpostorCard({
  impostor,
  onUnflag,
}: {
  readonly impostor: ImpostorView;
  readonly onUnflag: () => void;
}): ReactNode {
  const { certificate, proof } = impostor;
  return (
    <li className="identity impostor" data-tone="bad">
      <header className="identity-head">
        <h2>Answered for {imitatedSites(impostor)}</h2>
        <p className="identity-status">
          <Icon name="warning" size={16} />
          {timesSeen(impostor)}
        </p>
      </header>
      <dl className="facts">
        <dt>Where</dt>
        <dd>
          <ul className="plain-list">
            {impostor.appearances.map(({ origin, address, at }) => (
              <li key={`${origin} ${address}`}>
                {withoutScheme(origin)}
                {address === undefined ? null : <> from {address}</>}, {moment(at)}
              </li>
            ))}
          </ul>
        </dd>
        <dt>First seen</dt>
        <dd>{moment(impostor.first)}</dd>
        <dt>Key</dt>
        <dd className="fingerprint">{impostor.key}</dd>
      </dl>
      <Action kind="danger" onPress={onUnflag}>
        No longer flag…
      </Action>
      <details className="impostor-evidence">
        <summary>Evidence</summary>
        <dl className="facts">
          <dt>Proved by</dt>
          <dd>
            Its signature over the handshake ({proof.message}, {proof.protocol})
          </dd>
          <dt>Certificate for</dt>
          <dd className="breakable">{certificate.subject === "" ? "nobody named" : certificate.subject}</dd>
          <dt>Issued by</dt>
          <dd className="breakable">{certificate.issuer}</dd>
          <dt>Valid</dt>
          <dd>
            {moment(certificate.notBefore)} to {moment(certificate.notAfter)}
          </dd>
          <dt>Fingerprint</dt>
          <dd className="fingerprint">{grouped(certificate.fingerprint)}</dd>
        </dl>
      </details>
    </li>
  );
}
