import type { ReactNode } from "react";
import type { ActiveView } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { Action } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

/** A page that has crashed, or one that does not answer. */
export function StoppedPage({
  active,
  how,
}: {
  readonly active: ActiveView;
  readonly how: "crashed" | "hung";
}): ReactNode {
  const api = useApi();
  const hung = how === "hung";
  return (
    <div className="own-page stopped">
      <span className="stopped-mark">
        <Icon name="warning" size={40} />
      </span>
      <h1>{hung ? "This page does not answer" : "This page has stopped working"}</h1>
      <p className="lead">
        {hung
          ? `${active.name} is busy or stuck. You can wait for it, or end the page and load it anew. What you typed into it would be lost.`
          : `The page of ${active.name} ended without warning. What you typed into it is lost. Your session with the site may still be there.`}
      </p>
      <div className="actions">
        {hung ? (
          <>
            <Action kind="primary" onPress={() => void api.call("view.command", "wait")}>
              Wait
            </Action>
            <Action onPress={() => void api.call("view.command", "end")}>End the page</Action>
          </>
        ) : (
          <Action kind="primary" icon="reload" onPress={() => void api.call("view.command", "reload")}>
            Load it anew
          </Action>
        )}
        <Action onPress={() => void api.call("site.close")}>Close the site</Action>
      </div>
    </div>
  );
}
