import type { ReactNode } from "react";
import type { ActiveView, ShutView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { withoutScheme } from "../model/address.ts";
import { Seal } from "../seal/seal.tsx";
import { Action } from "../ui/button.tsx";

/** The curtain before a page that has proved itself and must not take input all the same. */
export function ShutPage({ active }: { readonly active: ActiveView }): ReactNode {
  const api = useApi();
  const { title, why } = wordsFor(active.shut, active.name);
  return (
    <div className="own-page shut">
      <Seal state="shut" size={80} />
      <h1>{title}</h1>
      <p className="lead">{why}</p>
      <p className="curtain-kept">What you typed is still there. Nobody can type into the page meanwhile.</p>
      <div className="actions">
        <Action kind="primary" icon="reload" onPress={() => void api.call("view.command", "reload")}>
          Load the page anew
        </Action>
        {active.canGoBack ? (
          <Action icon="back" onPress={() => void api.call("view.command", "back")}>
            Go back
          </Action>
        ) : null}
        <Action onPress={() => void api.call("site.close")}>Close the site</Action>
      </div>
    </div>
  );
}

function wordsFor(shut: ShutView | undefined, name: string): { readonly title: string; readonly why: string } {
  if (shut?.why === "frame") {
    const part =
      shut.origin === undefined
        ? `A part of this page of ${name} comes from no server that could prove itself.`
        : `A part of this page of ${name} comes from ${withoutScheme(shut.origin)}, which has not proved itself.`;
    return {
      title: "A part of this page is not proved",
      why: `${part} The page opens again as soon as that proof is there, or the part is gone.`,
    };
  }
  return {
    title: "This page could not be locked",
    why: `Countersign keeps a page's fields shut until both sides have proved themselves. It could not take hold of this page's input, perhaps because another tool has it, so the page stays shut.`,
  };
}
