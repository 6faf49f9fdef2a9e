import { type ReactNode, useEffect, useRef, useState } from "react";
import type { ActiveView, RefusalView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { addressParts, splitAddress, withoutScheme } from "../model/address.ts";
import { concernsIdentity, refusalSeal, whatWasSent } from "../model/refusal.ts";
import { day, moment } from "../model/time.ts";
import { Seal } from "../seal/seal.tsx";
import type { PanelAction } from "../state/panels.ts";
import { Action } from "../ui/button.tsx";
import { Prose } from "../ui/prose.tsx";

interface RefusalPageProps {
  readonly active: ActiveView;
  readonly refusal: RefusalView;
  readonly act: (action: PanelAction) => void;
}

/** What happened, why, and what to do. Shows our own sentences only, never anything that the refused server sent. */
export function RefusalPage({ active, refusal, act }: RefusalPageProps): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const seal = refusalSeal(refusal);
  const sent = whatWasSent(refusal.code);
  useEffect(() => {
    // Only where nothing else holds the focus: somebody may be typing an address.
    if (document.activeElement === null || document.activeElement === document.body) heading.current?.focus();
  }, []);
  return (
    <article className="own-page refusal" data-seal={seal}>
      <Seal state={seal} size={72} />
      <h1 ref={heading} tabIndex={-1}>
        {refusal.title}
      </h1>
      <Address address={refusal.address} />
      <p className="lead">{refusal.message}</p>
      {refusal.genuine === undefined ? null : (
        <p className="refusal-genuine">
          The address of {refusal.genuine.name} is <strong>{withoutScheme(refusal.genuine.origin)}</strong>.
        </p>
      )}
      {refusal.listing === undefined ? null : <Listing listing={refusal.listing} />}
      {refusal.formTarget === undefined ? null : (
        <p className="refusal-genuine">
          The data would have gone to <strong>{withoutScheme(refusal.formTarget)}</strong>.
        </p>
      )}
      {sent === undefined ? null : <p className="refusal-sent">{sent}</p>}
      {active.kept ? (
        <p className="curtain-kept">
          The page is still there behind this one, with what you typed. Nobody can type into it meanwhile.
        </p>
      ) : null}
      <section className="refusal-remedy">
        <h2>What to do</h2>
        {refusal.form ? (
          <p>
            You were sending a form. Countersign never sends one twice by itself: go back, look whether it arrived, and
            send it again if it did not.
          </p>
        ) : null}
        <p>
          <Prose text={refusal.remedy} />
        </p>
      </section>
      <Actions active={active} refusal={refusal} act={act} />
      <Details refusal={refusal} />
    </article>
  );
}

/** Which list, since when, and who corrects it. */
function Listing({ listing }: { readonly listing: NonNullable<RefusalView["listing"]> }): ReactNode {
  const { list, since, reportTo } = listing;
  return (
    <p className="refusal-listing">
      It is on {list === undefined ? "your organisation’s own list" : <>the list “{list}”</>}
      {since === undefined ? "" : ` since ${day(since)}`}.{" If that is a mistake, "}
      {reportTo === undefined ? (
        "copy the details for IT and send them to your support."
      ) : (
        <>
          report it to <strong>{reportTo}</strong>.
        </>
      )}
    </p>
  );
}

function Address({ address }: { readonly address: string }): ReactNode {
  const { origin, path } = splitAddress(address);
  const parts = addressParts(origin, path);
  return (
    <p className="refusal-address">
      {parts.subdomain}
      <b>{parts.registrable}</b>
      {parts.port}
      <span>{parts.path}</span>
    </p>
  );
}

function Actions({ active, refusal, act }: RefusalPageProps): ReactNode {
  const api = useApi();
  return (
    <div className="actions">
      {refusal.genuine === undefined ? null : <GoToGenuine genuine={refusal.genuine} />}
      {refusal.canRetry ? (
        <Action
          kind={refusalSeal(refusal) === "hostile" ? "plain" : "primary"}
          icon="reload"
          onPress={() => void api.call("view.command", "reload")}
        >
          Try again
        </Action>
      ) : null}
      {concernsIdentity(refusal.code) ? (
        <Action icon="identity" onPress={() => act({ kind: "show", place: "identities" })}>
          Your identities
        </Action>
      ) : null}
      {refusal.code === "server.known-impostor" ? (
        <Action icon="warning" onPress={() => act({ kind: "show", place: "impostors" })}>
          Flagged servers
        </Action>
      ) : null}
      {active.canGoBack ? (
        <Action icon="back" onPress={() => void api.call("view.command", "back")}>
          Go back
        </Action>
      ) : null}
      <CopyDetails />
      <Action onPress={() => void api.call("site.close")}>Close</Action>
    </div>
  );
}

/** Leads to a site of the profile; nothing of the refused address is in it. */
function GoToGenuine({ genuine }: { readonly genuine: NonNullable<RefusalView["genuine"]> }): ReactNode {
  const api = useApi();
  return (
    <Action kind="primary" icon="chevron" onPress={() => void api.call("site.open", { site: genuine.site })}>
      Go to {genuine.name}
    </Action>
  );
}

function Details({ refusal }: { readonly refusal: RefusalView }): ReactNode {
  return (
    <section className="refusal-details">
      <h2>For IT</h2>
      <dl className="facts">
        <dt>Code</dt>
        <dd>
          <code>{refusal.code}</code>
        </dd>
        <dt>Found</dt>
        <dd className="breakable">{refusal.it}</dd>
        <dt>Established before</dt>
        <dd>
          {refusal.established.length === 0 ? (
            "Nothing."
          ) : (
            <ul className="plain-list">
              {refusal.established.map((fact) => (
                <li key={fact}>{fact}</li>
              ))}
            </ul>
          )}
        </dd>
        <dt>Time</dt>
        <dd>{moment(refusal.at)}</dd>
      </dl>
    </section>
  );
}

function CopyDetails(): ReactNode {
  const api = useApi();
  const [copied, setCopied] = useState(false);
  return (
    <>
      <Action
        icon={copied ? "check" : "copy"}
        onPress={() => void api.call("refusal.copy-details").then(() => setCopied(true))}
      >
        {copied ? "Copied" : "Copy details for IT"}
      </Action>
      <span className="visually-hidden" role="status">
        {copied ? "The details have been copied." : ""}
      </span>
    </>
  );
}
