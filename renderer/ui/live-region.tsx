import { type ReactNode, useEffect, useRef, useState } from "react";
import type { UiState } from "../../app/ipc/contract.ts";
import { announcements } from "../model/announce.ts";

/** Says aloud what changed: refusals at once, the rest when the screen reader has finished its sentence. */
export function LiveRegion({ state }: { readonly state: UiState }): ReactNode {
  const before = useRef<UiState | undefined>(undefined);
  const [said, setSaid] = useState({ polite: "", urgent: "" });
  useEffect(() => {
    const news = announcements(before.current, state);
    before.current = state;
    if (news.length === 0) return;
    const text = (urgent: boolean) => news.flatMap((item) => (item.urgent === urgent ? [item.text] : [])).join(" ");
    setSaid({ polite: text(false), urgent: text(true) });
  }, [state]);
  return (
    <div className="visually-hidden">
      <div role="status" aria-live="polite">
        {said.polite}
      </div>
      <div role="alert" aria-live="assertive">
        {said.urgent}
      </div>
    </div>
  );
}
