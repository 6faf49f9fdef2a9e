/** The application menu; its accelerators work wherever in the window the keyboard is. */
import { app, Menu, type MenuItemConstructorOptions } from "electron";
import type { CallArguments, UiState } from "../ipc/contract.ts";
import type { EditCommand } from "./page-input.ts";

export interface MenuActions {
  focus(what: NonNullable<UiState["focus"]>["what"]): void;
  /** Gives the keyboard to the page on the stage. */
  focusPage(): void;
  view(command: CallArguments<"view.command">[0]): void;
  /** Edits in whatever has the keyboard. */
  edit(command: EditCommand): void;
  closeSite(): void;
  reloadProfile(): void;
}

/** On macOS the system gives these to whatever has the keyboard, which a page behind its curtain never has. */
const EDIT_BY_SYSTEM: MenuItemConstructorOptions[] = [
  { role: "undo" },
  { role: "redo" },
  { type: "separator" },
  { role: "cut" },
  { role: "copy" },
  { role: "paste" },
  { role: "selectAll" },
];

/** Their keys are shown and left to whatever has the keyboard, as everywhere. */
function editItems(actions: Pick<MenuActions, "edit">): MenuItemConstructorOptions[] {
  const item = (label: string, accelerator: string, command: EditCommand): MenuItemConstructorOptions => ({
    label,
    accelerator,
    registerAccelerator: false,
    click: () => actions.edit(command),
  });
  return [
    item("&Undo", "Ctrl+Z", "undo"),
    item("&Redo", "Ctrl+Shift+Z", "redo"),
    { type: "separator" },
    item("Cu&t", "Ctrl+X", "cut"),
    item("&Copy", "Ctrl+C", "copy"),
    item("&Paste", "Ctrl+V", "paste"),
    item("Select &all", "Ctrl+A", "selectAll"),
  ];
}

export function showMenu(actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menu(actions, process.platform === "darwin")));
}

export function menu(actions: MenuActions, mac: boolean): MenuItemConstructorOptions[] {
  const back = mac ? "Cmd+[" : "Alt+Left";
  const forward = mac ? "Cmd+]" : "Alt+Right";
  const hidden = { visible: false, acceleratorWorksWhenHidden: true } as const;
  return [
    ...(mac ? [{ role: "appMenu" } as const] : []),
    {
      label: "&File",
      submenu: [
        { label: "&Sites", accelerator: "CmdOrCtrl+Shift+S", click: () => actions.focus("sites") },
        { label: "&Keystore", accelerator: "CmdOrCtrl+Shift+K", click: () => actions.focus("keystore") },
        { label: "Reload &profile", click: () => actions.reloadProfile() },
        { type: "separator" },
        { label: "&Close site", accelerator: "CmdOrCtrl+W", click: () => actions.closeSite() },
        { label: "&Quit", accelerator: "CmdOrCtrl+Q", click: () => app.quit() },
      ],
    },
    {
      label: "&Edit",
      submenu: [
        ...(mac ? EDIT_BY_SYSTEM : editItems(actions)),
        { type: "separator" },
        { label: "&Find in page", accelerator: "CmdOrCtrl+F", click: () => actions.focus("find") },
      ],
    },
    {
      label: "&View",
      submenu: [
        { label: "&Address", accelerator: "CmdOrCtrl+L", click: () => actions.focus("address") },
        { label: "&Page", accelerator: "F6", click: () => actions.focusPage() },
        { label: "&Keys on the screen", accelerator: "CmdOrCtrl+Shift+Y", click: () => actions.focus("keys") },
        { label: "&Trust", accelerator: "CmdOrCtrl+I", click: () => actions.focus("trust") },
        { type: "separator" },
        { label: "&Back", accelerator: back, click: () => actions.view("back") },
        { label: "&Forward", accelerator: forward, click: () => actions.view("forward") },
        { label: "&Reload", accelerator: "CmdOrCtrl+R", click: () => actions.view("reload") },
        { label: "Reload", accelerator: "F5", ...hidden, click: () => actions.view("reload") },
        { label: "S&top", click: () => actions.view("stop") },
        { type: "separator" },
        { label: "Zoom &in", accelerator: "CmdOrCtrl+Plus", click: () => actions.view("zoom-in") },
        { label: "Zoom in", accelerator: "CmdOrCtrl+=", ...hidden, click: () => actions.view("zoom-in") },
        { label: "Zoom &out", accelerator: "CmdOrCtrl+-", click: () => actions.view("zoom-out") },
        { label: "&Actual size", accelerator: "CmdOrCtrl+0", click: () => actions.view("zoom-reset") },
      ],
    },
    ...(mac ? [{ role: "windowMenu" } as const] : []),
  ];
}
