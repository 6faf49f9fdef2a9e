import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import type { CountersignApi, UiState } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { ImpostorsPage } from "../impostors/impostors-page.tsx";
import { IdentitiesPage } from "../keystore/identities-page.tsx";
import type { PanelAction, Panels } from "../state/panels.ts";
import { Home } from "./home.tsx";
import { RefusalPage } from "./refusal-page.tsx";
import { ShutPage } from "./shut-page.tsx";
import { StoppedPage } from "./stopped-page.tsx";
import { WaitingPage } from "./waiting-page.tsx";

interface StageProps {
  readonly state: UiState;
  readonly organization: string;
  readonly place: Panels["place"];
  /** A sheet or a page of ours needs the whole place. */
  readonly covered: boolean;
  readonly act: (action: PanelAction) => void;
}

/**
 * The place of the page. The main process draws the site's view over it while that may be seen; what we draw into it
 * is seen otherwise.
 */
export function Stage({ state, organization, place, covered, act }: StageProps): ReactNode {
  const api = useApi();
  const element = useRef<HTMLElement>(null);
  useReportedPlace(api, element, covered);
  return (
    <main ref={element} className="stage" tabIndex={-1}>
      {place === "identities" ? <IdentitiesPage /> : null}
      {place === "impostors" ? <ImpostorsPage /> : null}
      {place === "site" ? <SitePage state={state} organization={organization} act={act} /> : null}
    </main>
  );
}

function SitePage({ state, organization, act }: Pick<StageProps, "state" | "organization" | "act">): ReactNode {
  const { active } = state;
  if (active === undefined) return <Home sites={state.sites} organization={organization} />;
  switch (active.stage) {
    case "page":
      return null;
    case "waiting":
      return <WaitingPage active={active} />;
    case "refused":
      return active.refusal === undefined ? null : (
        <RefusalPage key={active.refusal.at} active={active} refusal={active.refusal} act={act} />
      );
    case "shut":
      return <ShutPage active={active} />;
    case "crashed":
    case "hung":
      return <StoppedPage active={active} how={active.stage} />;
  }
}

/** Tells the main process where the page may be drawn, whenever that changes. */
function useReportedPlace(api: CountersignApi, element: RefObject<HTMLElement | null>, covered: boolean): void {
  const reported = useRef("");
  const report = (): void => {
    const box = element.current?.getBoundingClientRect();
    if (box === undefined) return;
    const place = {
      x: Math.max(0, Math.round(box.left)),
      y: Math.max(0, Math.round(box.top)),
      width: Math.max(0, Math.round(box.right) - Math.round(box.left)),
      height: Math.max(0, Math.round(box.bottom) - Math.round(box.top)),
      covered,
    };
    const text = JSON.stringify(place);
    if (text === reported.current) return;
    reported.current = text;
    void api.call("layout.stage", place);
  };
  const latest = useRef(report);
  // After every render: a panel beside the stage may have moved it without changing its size.
  useLayoutEffect(() => {
    latest.current = report;
    report();
  });
  useEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(() => latest.current());
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
}
