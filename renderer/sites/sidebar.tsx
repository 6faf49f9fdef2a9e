import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "react-aria-components/Button";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Text } from "react-aria-components/Text";
import type { SiteView, UiState } from "../../app/ipc/contract.ts";
import { useApi } from "../api.ts";
import { withoutScheme } from "../model/address.ts";
import { sealWord } from "../model/seal.ts";
import { Mark, Seal } from "../seal/seal.tsx";
import type { PanelAction, Panels } from "../state/panels.ts";
import { Icon } from "../ui/icon.tsx";

interface SidebarProps {
  readonly state: UiState;
  readonly organization: string;
  readonly panels: Panels;
  readonly act: (action: PanelAction) => void;
}

/** Organisation, its sites, and the way to the identities. */
export function Sidebar({ state, organization, panels, act }: SidebarProps): ReactNode {
  return (
    <aside className="sidebar" aria-label="Sites">
      <header className="sidebar-head">
        <Mark size={30} />
        <div>
          <p className="sidebar-organization">{organization}</p>
          <p className="sidebar-product">Countersign</p>
        </div>
      </header>
      <SiteList state={state} panels={panels} act={act} />
      <footer className="sidebar-foot">
        {state.demo ? (
          <p className="demo-note">
            <strong>Demonstration.</strong> Every server here runs on this computer.
          </p>
        ) : null}
        <Button
          className="sidebar-link"
          aria-pressed={panels.place === "identities"}
          onPress={() => act({ kind: "show", place: panels.place === "identities" ? "site" : "identities" })}
        >
          <Icon name="identity" />
          <span>Your identities</span>
        </Button>
        <Button
          className="sidebar-link"
          aria-pressed={panels.place === "impostors"}
          onPress={() => act({ kind: "show", place: panels.place === "impostors" ? "site" : "impostors" })}
        >
          <Icon name="warning" />
          <span>Flagged servers</span>
        </Button>
      </footer>
    </aside>
  );
}

function SiteList({ state, panels, act }: Omit<SidebarProps, "organization">): ReactNode {
  const api = useApi();
  const list = useRef<HTMLDivElement>(null);
  const active = state.active?.site;
  useEffect(() => {
    if (panels.sitesRequests === 0) return;
    const items = list.current;
    (items?.querySelector<HTMLElement>("[role=option][tabindex='0']") ?? items)?.focus();
  }, [panels.sitesRequests]);
  const open = (site: string): void => {
    act({ kind: "show", place: "site" });
    void api.call("site.open", { site });
  };
  return (
    <ListBox
      ref={list}
      className="site-list"
      aria-label="Sites"
      items={state.sites}
      dependencies={[state.sites]}
      selectionMode="single"
      selectedKeys={active === undefined || panels.place !== "site" ? [] : [active]}
      onSelectionChange={(keys) => {
        // Choosing the site that is already chosen empties the set: it brings its page back.
        const [key] = keys === "all" ? [] : keys;
        const site = key === undefined ? active : String(key);
        if (site !== undefined) open(site);
      }}
    >
      {(site: SiteView) => (
        <ListBoxItem
          id={site.id}
          textValue={`${site.name}, ${site.open ? sealWord(site.seal) : "closed"}`}
          className="site"
        >
          <Seal state={site.seal} size={22} />
          <span className="site-words">
            <Text slot="label" className="site-name">
              {site.name}
            </Text>
            <Text slot="description" className="site-origin">
              {withoutScheme(site.origin)}
              <span className="visually-hidden">{site.open ? `, ${sealWord(site.seal)}` : ", closed"}</span>
            </Text>
          </span>
        </ListBoxItem>
      )}
    </ListBox>
  );
}
