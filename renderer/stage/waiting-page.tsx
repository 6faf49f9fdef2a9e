import type { ReactNode } from "react";
import type { ActiveView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { withoutScheme } from "../model/address.ts";
import { Seal } from "../seal/seal.tsx";
import { Action } from "../ui/button.tsx";

/** Between the start of a navigation and its verdict. */
export function WaitingPage({ active }: { readonly active: ActiveView }): ReactNode {
  const api = useApi();
  const stop = (): void => void api.call("view.command", "stop");
  if (active.readOnly !== undefined) {
    return (
      <div className="own-page waiting">
        <Seal state="read-only" size={80} />
        <h1>Asking {active.name} for a page to read</h1>
        <p className="lead">It is told which page is wanted, and nothing of you.</p>
        <Action onPress={stop}>Stop</Action>
      </div>
    );
  }
  return (
    <div className="own-page waiting">
      <Seal state="opening" size={80} />
      <h1>
        Asking {active.name} for its proof{active.kept ? " again" : ""}
      </h1>
      <p className="lead">
        First <strong className="nowrap">{withoutScheme(active.origin)}</strong> proves who it is, then you do. The page
        {active.kept ? " returns " : " follows "}
        when both have.
      </p>
      {active.kept ? (
        <p className="curtain-kept">What you typed is still there. Nobody can type into the page meanwhile.</p>
      ) : null}
      <Action onPress={stop}>Stop</Action>
    </div>
  );
}
