import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import type { ActiveView, TrustView } from "../../app/ipc/contract.ts";
import { commonName } from "../model/identity.ts";
import { protocolName } from "../model/protocol.ts";
import { sealSentence } from "../model/seal.ts";
import { clock, day, moment } from "../model/time.ts";
import { Seal } from "../seal/seal.tsx";
import type { PanelAction } from "../state/panels.ts";
import { IconButton } from "../ui/button.tsx";
import { Derivation } from "./derivation.tsx";
import { HandshakeSteps } from "./handshake-steps.tsx";

interface TrustPanelProps {
  readonly active: ActiveView;
  readonly act: (action: PanelAction) => void;
}

/** Who was proved to whom, by what, and how that follows. */
export function TrustPanel({ active, act }: TrustPanelProps): ReactNode {
  const panel = useRef<HTMLElement>(null);
  const close = (): void => act({ kind: "close-trust" });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") close();
  };
  useEffect(() => panel.current?.focus(), []);
  return (
    <aside ref={panel} className="trust" aria-label="Proofs" tabIndex={-1} onKeyDown={onKeyDown}>
      <header className="trust-head" data-seal={active.seal}>
        <Seal state={active.seal} size={36} />
        <p>{sealSentence(active)}</p>
        <IconButton icon="close" label="Close the proofs" onPress={close} />
      </header>
      {active.trust === undefined ? <Unproved active={active} /> : <Proofs trust={active.trust} />}
    </aside>
  );
}

function Unproved({ active }: { readonly active: ActiveView }): ReactNode {
  const { refusal } = active;
  if (refusal === undefined)
    return <p className="trust-empty">There is nothing to show until both sides have proved themselves.</p>;
  return (
    <section className="trust-section">
      <h2>{refusal.title}</h2>
      <p>{refusal.message}</p>
      <h3>Established before</h3>
      {refusal.established.length === 0 ? (
        <p>Nothing.</p>
      ) : (
        <ul className="plain-list">
          {refusal.established.map((fact) => (
            <li key={fact}>{fact}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Proofs({ trust }: { readonly trust: TrustView }): ReactNode {
  const { server, client } = trust;
  return (
    <>
      <section className="trust-section">
        <h2>The server</h2>
        <p className="trust-who">{server.host}</p>
        <p className="trust-by">Proved itself by {server.by}.</p>
        <dl className="facts">
          {server.certificate && <CertificateFacts certificate={server.certificate} />}
          {server.service && <ServiceFacts service={server.service} />}
        </dl>
      </section>
      <section className="trust-section">
        <h2>You</h2>
        {client.method === "certificate" && <ClientCertificate client={client} />}
        {client.method === "kerberos" && <ClientTicket principal={client.principal} />}
        {client.method === "form" && <ClientForm />}
      </section>
      <section className="trust-section">
        <h2>The channel</h2>
        <dl className="facts">
          <dt>Protocol</dt>
          <dd>{protocolName(trust.protocol)}</dd>
          <dt>{server.certificate ? "Cipher" : "Messages"}</dt>
          <dd className={server.certificate ? "fingerprint" : undefined}>{trust.cipher}</dd>
          {trust.sends && (
            <>
              <dt>What you send</dt>
              <dd>Over {trust.sends}</dd>
            </>
          )}
          <dt>Proved at</dt>
          <dd>{clock(trust.provenAt)}</dd>
          <dt>Valid until</dt>
          <dd>{moment(trust.lapsesAt)}</dd>
        </dl>
      </section>
      <Derivation trust={trust} />
      <HandshakeSteps steps={trust.steps} />
    </>
  );
}

function ClientCertificate({
  client,
}: {
  readonly client: Extract<TrustView["client"], { method: "certificate" }>;
}): ReactNode {
  return (
    <>
      <p className="trust-who">{commonName(client.subject)}</p>
      <p className="trust-by">Proved with your identity, which the server accepted.</p>
      <dl className="facts">
        <dt>Identity</dt>
        <dd>{client.subject}</dd>
        <dt>Issued by</dt>
        <dd>{client.issuer}</dd>
        <dt>Valid until</dt>
        <dd>{day(client.notAfter)}</dd>
      </dl>
    </>
  );
}

function CertificateFacts({
  certificate,
}: {
  readonly certificate: NonNullable<TrustView["server"]["certificate"]>;
}): ReactNode {
  return (
    <>
      <dt>Certificate</dt>
      <dd>{certificate.subject}</dd>
      <dt>Issued by</dt>
      <dd>{certificate.issuer}</dd>
      <dt>Valid</dt>
      <dd>
        {day(certificate.notBefore)} to {day(certificate.notAfter)}
      </dd>
      <dt>Key</dt>
      <dd className="fingerprint">{certificate.pin}</dd>
    </>
  );
}

function ServiceFacts({ service }: { readonly service: NonNullable<TrustView["server"]["service"]> }): ReactNode {
  return (
    <>
      <dt>Service</dt>
      <dd>{service.principal}</dd>
      {service.directory !== undefined && (
        <>
          <dt>Named by</dt>
          <dd>{service.directory}</dd>
        </>
      )}
      <dt>Exchange</dt>
      <dd>
        {service.flags}
        {service.bound && "; tied to this certificate"}
      </dd>
    </>
  );
}

function ClientTicket({ principal }: { readonly principal: string }): ReactNode {
  return (
    <>
      <p className="trust-who">{principal}</p>
      <p className="trust-by">Proved with your network sign-in (Kerberos), which the server accepted.</p>
    </>
  );
}

function ClientForm(): ReactNode {
  return (
    <p className="trust-by">This site knows you by the form you fill in. Countersign proves nothing for you here.</p>
  );
}
