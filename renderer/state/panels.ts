import type { UiState } from "../../app/ipc/contract.ts";

/** Which parts of the interface are open. Nothing of this concerns the main process but what it covers. */
export interface Panels {
  /** What fills the place of the page. */
  readonly place: "site" | "identities" | "impostors";
  readonly trust: boolean;
  readonly find: boolean;
  /** Keys on the screen for sensitive fields. */
  readonly keys: boolean;
  /** Asking whether to sign out of this site. */
  readonly signOut: string | undefined;
  /** Counts requests to put the cursor into the address line, so that each one is heard. */
  readonly addressRequests: number;
  readonly findRequests: number;
  readonly sitesRequests: number;
}

export const closedPanels: Panels = {
  place: "site",
  trust: false,
  find: false,
  keys: false,
  signOut: undefined,
  addressRequests: 0,
  findRequests: 0,
  sitesRequests: 0,
};

export type PanelAction =
  | { readonly kind: "focus"; readonly what: NonNullable<UiState["focus"]>["what"]; readonly active: boolean }
  | { readonly kind: "show"; readonly place: Panels["place"] }
  | { readonly kind: "toggle-trust" }
  | { readonly kind: "close-trust" }
  | { readonly kind: "close-find" }
  | { readonly kind: "toggle-keys" }
  | { readonly kind: "ask-sign-out"; readonly site: string }
  | { readonly kind: "close-sign-out" }
  | { readonly kind: "site-closed" };

/** The next state of the panels; trust panel, find bar and sign-out need an open site. */
export function panelsAfter(panels: Panels, action: PanelAction): Panels {
  switch (action.kind) {
    case "focus":
      return afterFocus(panels, action.what, action.active);
    case "show":
      return { ...panels, place: action.place };
    case "toggle-trust":
      return { ...panels, trust: !panels.trust };
    case "close-trust":
      return { ...panels, trust: false };
    case "toggle-keys":
      return { ...panels, keys: !panels.keys };
    case "close-find":
      return { ...panels, find: false };
    case "ask-sign-out":
      return { ...panels, signOut: action.site };
    case "close-sign-out":
      return { ...panels, signOut: undefined };
    case "site-closed":
      return {
        ...panels,
        trust: false,
        find: false,
        keys: false,
        signOut: undefined,
        sitesRequests: panels.sitesRequests + 1,
      };
  }
}

function afterFocus(panels: Panels, what: NonNullable<UiState["focus"]>["what"], active: boolean): Panels {
  switch (what) {
    case "address":
      return { ...panels, addressRequests: panels.addressRequests + 1 };
    case "sites":
      return { ...panels, sitesRequests: panels.sitesRequests + 1 };
    case "keystore":
      return { ...panels, place: panels.place === "identities" ? "site" : "identities" };
    case "find":
      return active ? { ...panels, place: "site", find: true, findRequests: panels.findRequests + 1 } : panels;
    case "keys":
      return active ? { ...panels, place: "site", keys: !panels.keys } : panels;
    case "trust":
      return active ? { ...panels, place: "site", trust: !panels.trust } : panels;
  }
}
