import { type ReactNode, useEffect, useReducer, useRef } from "react";
import type { UiState } from "../app/ipc/contract.ts";
import { useApi } from "./api.ts";
import { ScreenKeys } from "./keys/screen-keys.tsx";
import { InvalidProfile } from "./profile/invalid-profile.tsx";
import { NoProfile } from "./profile/no-profile.tsx";
import { ConsentSheet } from "./sheets/consent.tsx";
import { SignInSheet } from "./sheets/sign-in.tsx";
import { SignOutSheet } from "./sheets/sign-out.tsx";
import { Sidebar } from "./sites/sidebar.tsx";
import { Stage } from "./stage/stage.tsx";
import { closedPanels, panelsAfter } from "./state/panels.ts";
import { useUiState } from "./state/use-ui-state.ts";
import { DownloadsStrip } from "./strips/downloads.tsx";
import { FindBar } from "./strips/find-bar.tsx";
import { Notices } from "./strips/notices.tsx";
import { Question } from "./strips/question.tsx";
import { ReadOnlyBanner } from "./strips/read-only.tsx";
import { Toolbar } from "./toolbar/toolbar.tsx";
import { TrustPanel } from "./trust/trust-panel.tsx";
import { LiveRegion } from "./ui/live-region.tsx";

/** The whole interface: a function of the main process's snapshot and of which panels are open. */
export function App(): ReactNode {
  const state = useUiState(useApi());
  // As in index.html, so that nothing moves until there is something to show.
  if (state === undefined) return <p className="starting">Countersign</p>;
  return (
    <>
      <LiveRegion state={state} />
      {state.profile.kind === "none" ? <NoProfile lookedIn={state.profile.lookedIn} /> : null}
      {state.profile.kind === "invalid" ? <InvalidProfile profile={state.profile} /> : null}
      {state.profile.kind === "loaded" ? <Window state={state} organization={state.profile.organization} /> : null}
    </>
  );
}

function Window({ state, organization }: { readonly state: UiState; readonly organization: string }): ReactNode {
  const api = useApi();
  const [panels, act] = useReducer(panelsAfter, closedPanels);
  const { active, focus, httpAuth, consent } = state;
  const site = active?.site;

  // A request carries a new id each time; the same id in a later snapshot is the same request.
  const focusId = focus?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new id is a new request
  useEffect(() => {
    if (focus !== undefined) act({ kind: "focus", what: focus.what, active: site !== undefined });
  }, [focusId]);
  const siteBefore = useRef(site);
  useEffect(() => {
    if (site === undefined && siteBefore.current !== undefined) act({ kind: "site-closed" });
    siteBefore.current = site;
  }, [site]);

  const covered =
    panels.place !== "site" || panels.signOut !== undefined || httpAuth !== undefined || consent !== undefined;
  const trust = active !== undefined && panels.trust && panels.place === "site";
  return (
    <div className="window" data-trust={trust}>
      <Sidebar state={state} organization={organization} panels={panels} act={act} />
      <div className="main">
        <Toolbar state={state} panels={panels} act={act} />
        <Notices notices={state.notices} />
        {state.question === undefined ? null : (
          <Question key={state.question.id} question={state.question} sites={state.sites} />
        )}
        {panels.find && active !== undefined && panels.place === "site" ? (
          <FindBar
            find={active.find}
            requests={panels.findRequests}
            onClose={() => {
              void api.call("find.stop");
              act({ kind: "close-find" });
            }}
          />
        ) : null}
        {active?.readOnly !== undefined && panels.place === "site" ? (
          <ReadOnlyBanner readOnly={active.readOnly} />
        ) : null}
        <div className="middle">
          <Stage state={state} organization={organization} place={panels.place} covered={covered} act={act} />
          {trust ? <TrustPanel active={active} act={act} /> : null}
        </div>
        {panels.keys && active?.stage === "page" && panels.place === "site" && !covered ? (
          <ScreenKeys active={active} onClose={() => act({ kind: "toggle-keys" })} />
        ) : null}
        <DownloadsStrip downloads={state.downloads} />
      </div>
      {httpAuth === undefined ? null : <SignInSheet key={httpAuth.id} request={httpAuth} sites={state.sites} />}
      {consent === undefined || httpAuth !== undefined ? null : (
        <ConsentSheet key={consent.id} consent={consent} sites={state.sites} />
      )}
      {panels.signOut === undefined ? null : (
        <SignOutSheet site={panels.signOut} sites={state.sites} onClose={() => act({ kind: "close-sign-out" })} />
      )}
    </div>
  );
}
