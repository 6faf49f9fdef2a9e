/** Downloads of sites: the engine asks where, this list shows how far, and ends them. */
import { randomUUID } from "node:crypto";
import { app, type DownloadItem, type Session, shell, type WebContents } from "electron";
import type { DownloadView } from "../ipc/contract.ts";
import { shortFileName } from "./file-name.ts";

export class Downloads {
  readonly #changed: () => void;
  readonly #items = new Map<string, { readonly site: string; readonly item: DownloadItem; view: DownloadView }>();
  readonly #watched = new WeakSet<Session>();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get views(): readonly DownloadView[] {
    return [...this.#items.values()].map(({ view }) => view);
  }

  /** @param mayOffer whether a page may ask where to save the file of an address */
  watch(session: Session, site: string, mayOffer: (contents: WebContents, url: string) => boolean): void {
    if (this.#watched.has(session)) return;
    this.#watched.add(session);
    session.on("will-download", (event, item, contents) => {
      if (mayOffer(contents, item.getURL())) this.#add(site, item);
      else event.preventDefault();
    });
  }

  cancel(id: string): void {
    this.#items.get(id)?.item.cancel();
  }

  show(id: string): void {
    const entry = this.#items.get(id);
    if (entry?.view.state === "done") shell.showItemInFolder(entry.item.getSavePath());
  }

  clear(): void {
    for (const [id, { view }] of this.#items) if (view.state !== "running") this.#items.delete(id);
    this.#changed();
  }

  /** Ends what is still coming for a site that is closed. */
  cancelAll(site: string): void {
    for (const entry of this.#items.values())
      if (entry.site === site && entry.view.state === "running") entry.item.cancel();
  }

  #add(site: string, item: DownloadItem): void {
    const id = randomUUID();
    const fileName = item.getFilename();
    item.setSaveDialogOptions({
      title: "Save as",
      defaultPath: `${app.getPath("downloads")}/${shortFileName(fileName)}`,
    });
    const view = (state: DownloadView["state"]): DownloadView => ({
      id,
      site,
      fileName: item.getSavePath().split(/[\\/]/).at(-1) || fileName,
      state,
      received: item.getReceivedBytes(),
      total: item.getTotalBytes(),
    });
    const entry = { site, item, view: view("running") };
    item.on("updated", () => {
      entry.view = view("running");
      // Until the user has said where, there is nothing to show.
      if (item.getSavePath()) this.#items.set(id, entry);
      this.#changed();
    });
    item.once("done", (_event, state) => {
      const known = this.#items.has(id) || item.getSavePath() !== "";
      entry.view = view(state === "completed" ? "done" : state === "cancelled" ? "cancelled" : "failed");
      if (known) this.#items.set(id, entry);
      this.#changed();
    });
  }
}
