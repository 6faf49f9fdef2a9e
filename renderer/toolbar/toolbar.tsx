import type { ReactNode } from "react";
import { Button } from "react-aria-components/Button";
import type { ActiveView, UiState } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { sealSentence, sealWord } from "../model/seal.ts";
import { Seal } from "../seal/seal.tsx";
import type { PanelAction, Panels } from "../state/panels.ts";
import { IconButton } from "../ui/button.tsx";
import { AddressLine } from "./address-line.tsx";

interface ToolbarProps {
  readonly state: UiState;
  readonly panels: Panels;
  readonly act: (action: PanelAction) => void;
}

/** Ways through the site, the seal and the address line, and what ends the session. */
export function Toolbar({ state, panels, act }: ToolbarProps): ReactNode {
  const { active } = state;
  return (
    <header className="toolbar" data-loading={active?.loading === true}>
      <Navigation active={active} />
      <div className="address-bar" data-seal={active?.seal ?? "none"}>
        {active === undefined ? null : <SealButton active={active} panels={panels} act={act} />}
        <AddressLine
          active={active}
          requests={panels.addressRequests}
          onGo={() => act({ kind: "show", place: "site" })}
        />
        {active === undefined ? null : <Zoom zoom={active.zoom} />}
      </div>
      {active === undefined ? null : <Ending active={active} panels={panels} act={act} />}
    </header>
  );
}

function Navigation({ active }: { readonly active: ActiveView | undefined }): ReactNode {
  const api = useApi();
  const loading = active?.loading === true;
  return (
    <div className="toolbar-group">
      <IconButton
        icon="back"
        label="Back"
        isDisabled={active?.canGoBack !== true}
        onPress={() => void api.call("view.command", "back")}
      />
      <IconButton
        icon="forward"
        label="Forward"
        isDisabled={active?.canGoForward !== true}
        onPress={() => void api.call("view.command", "forward")}
      />
      <IconButton
        icon={loading ? "stop" : "reload"}
        label={loading ? "Stop" : "Reload"}
        isDisabled={active === undefined}
        onPress={() => void api.call("view.command", loading ? "stop" : "reload")}
      />
    </div>
  );
}

interface SealButtonProps {
  readonly active: ActiveView;
  readonly panels: Panels;
  readonly act: (action: PanelAction) => void;
}

/** The seal in words; opens and closes the trust panel. */
function SealButton({ active, panels, act }: SealButtonProps): ReactNode {
  const word = sealWord(active.seal, active.trust);
  return (
    <span title={sealSentence(active)} className="seal-frame">
      <Button
        className="seal-button"
        data-seal={active.seal}
        aria-expanded={panels.trust}
        aria-label={`${word}. Show the proofs.`}
        onPress={() => {
          act({ kind: "show", place: "site" });
          act({ kind: "toggle-trust" });
        }}
      >
        <Seal state={active.seal} size={22} />
        <span className="seal-word">{word}</span>
      </Button>
    </span>
  );
}

function Zoom({ zoom }: { readonly zoom: number }): ReactNode {
  const api = useApi();
  if (Math.abs(zoom - 1) < 0.005) return null;
  const percent = `${Math.round(zoom * 100)} %`;
  return (
    <Button
      className="zoom"
      aria-label={`Zoom is ${percent}. Back to 100 %.`}
      onPress={() => void api.call("view.command", "zoom-reset")}
    >
      {percent}
    </Button>
  );
}

function Ending({ active, panels, act }: SealButtonProps): ReactNode {
  const api = useApi();
  return (
    <div className="toolbar-group">
      {active.field === undefined && !panels.keys ? null : (
        <IconButton
          icon="keypad"
          label={panels.keys ? "Close the keys on the screen" : "Type with keys on the screen"}
          onPress={() => act({ kind: "toggle-keys" })}
        />
      )}
      {active.site === "" ? null : (
        <IconButton
          icon="sign-out"
          label="Sign out and clear"
          onPress={() => act({ kind: "ask-sign-out", site: active.site })}
        />
      )}
      <IconButton icon="close" label={`Close ${active.name}`} onPress={() => void api.call("site.close")} />
    </div>
  );
}
