/** The menu of a page: what people expect of one, and nothing that leaves the site. */
import { type ContextMenuParams, clipboard, Menu, type MenuItemConstructorOptions, type WebContents } from "electron";
import type { PageInput } from "./page-input.ts";

export function showContextMenu(contents: WebContents, input: PageInput, parameters: ContextMenuParams): void {
  Menu.buildFromTemplate(contextMenu(contents, input, parameters)).popup();
}

/** Editing where there is something to edit, the link's address on a link, movement elsewhere. */
export function contextMenu(
  contents: WebContents,
  input: PageInput,
  parameters: ContextMenuParams,
): MenuItemConstructorOptions[] {
  const { editFlags, isEditable, linkURL, selectionText } = parameters;
  const history = contents.navigationHistory;
  if (isEditable) {
    return [
      { label: "Undo", enabled: editFlags.canUndo, click: () => input.edit("undo") },
      { label: "Redo", enabled: editFlags.canRedo, click: () => input.edit("redo") },
      { type: "separator" },
      { label: "Cut", enabled: editFlags.canCut, click: () => input.edit("cut") },
      { label: "Copy", enabled: editFlags.canCopy, click: () => input.edit("copy") },
      { label: "Paste", enabled: editFlags.canPaste, click: () => input.edit("paste") },
      { type: "separator" },
      { label: "Select all", enabled: editFlags.canSelectAll, click: () => input.edit("selectAll") },
    ];
  }
  const link: MenuItemConstructorOptions[] = linkURL
    ? [{ label: "Copy link address", click: () => void copyText(linkURL) }, { type: "separator" }]
    : [];
  const selection: MenuItemConstructorOptions[] = selectionText
    ? [{ label: "Copy", click: () => input.edit("copy") }, { type: "separator" }]
    : [];
  return [
    ...link,
    ...selection,
    { label: "Back", enabled: history.canGoBack(), click: () => history.goBack() },
    { label: "Forward", enabled: history.canGoForward(), click: () => history.goForward() },
    { label: "Reload", click: () => contents.reload() },
    { type: "separator" },
    { label: "Select all", click: () => input.edit("selectAll") },
  ];
}

/** Current runtimes answer with a promise, older ones at once. */
export async function copyText(text: string): Promise<void> {
  await clipboard.writeText(text);
}
