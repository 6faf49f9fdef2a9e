import type { ReactNode } from "react";
import type { IdentityView } from "../../app/ipc/contract.ts";
import { commonName, grouped, identityStatus, identityTone } from "../model/identity.ts";
import { day } from "../model/time.ts";
import { Action } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

/** One identity: whose, from whom, how long it serves. */
export function IdentityCard({
  identity,
  onRemove,
}: {
  readonly identity: IdentityView;
  readonly onRemove: () => void;
}): ReactNode {
  const tone = identityTone(identity.status);
  return (
    <li className="identity" data-tone={tone}>
      <header className="identity-head">
        <h2>{commonName(identity.subject)}</h2>
        <p className="identity-status">
          <Icon name={tone === "good" ? "check" : "warning"} size={16} />
          {identityStatus(identity)}
        </p>
      </header>
      <dl className="facts">
        {identity.name === commonName(identity.subject) || identity.name === identity.subject ? null : (
          <>
            <dt>Name</dt>
            <dd>{identity.name}</dd>
          </>
        )}
        <dt>Subject</dt>
        <dd>{identity.subject}</dd>
        <dt>Issued by</dt>
        <dd>{identity.issuer}</dd>
        <dt>Valid</dt>
        <dd>
          {day(identity.notBefore)} to {day(identity.notAfter)}
        </dd>
        <dt>Key</dt>
        <dd>{identity.keyType}</dd>
        <dt>Fingerprint</dt>
        <dd className="fingerprint">{grouped(identity.fingerprint)}</dd>
      </dl>
      <Action kind="danger" onPress={onRemove}>
        Remove…
      </Action>
    </li>
  );
}
