import type { ReactNode } from "react";
import type { ActiveView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { withoutScheme } from "../model/address.ts";
import { Seal } from "../seal/seal.tsx";
import { Action } from "../ui/button.tsx";

/** Between the start of a navigation and its verdict. */
export function WaitingPage({ active }: { readonly active: ActiveView }): ReactNode {
  const api = useApi();
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
      <Action onPress={() => void api.call("view.command", "stop")}>Stop</Action>
    </div>
  );
}
