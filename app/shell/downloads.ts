/** Downloads of sites: where the user says, or, where the profile lets them come unasked, into the Downloads folder. */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { copyFile, rename, rm } from "node:fs/promises";
import { join, parse } from "node:path";
import { app, type DownloadItem, type Session, shell, type WebContents } from "electron";
import type { Rule } from "../core/profile-pages.ts";
import type { DownloadView } from "../ipc/contract.ts";
import { shortFileName } from "./file-name.ts";

/** What becomes of the files that a site's pages offer. */
export interface Offers {
  /** Name of the site, as the profile has it. */
  readonly from: string;
  /** For the file of this address, offered by this page; undefined for one that may not even offer. */
  rule(contents: WebContents, url: string): Rule | undefined;
  denied(fileName: string): void;
}

interface Entry {
  readonly site: string;
  readonly item: DownloadItem;
  view: DownloadView;
  /** Where the whole file lies, if not where the engine was told to put it. */
  path?: string;
}

export class Downloads {
  readonly #changed: () => void;
  readonly #items = new Map<string, Entry>();
  readonly #watched = new WeakSet<Session>();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get views(): readonly DownloadView[] {
    return [...this.#items.values()].map(({ view }) => view);
  }

  /** The first caller's answers count for as long as the session lives. */
  watch(session: Session, site: string, offers: Offers): void {
    if (this.#watched.has(session)) return;
    this.#watched.add(session);
    session.on("will-download", (event, item, contents) => {
      const rule = offers.rule(contents, item.getURL());
      if (rule === undefined) return event.preventDefault();
      if (rule === "deny") {
        event.preventDefault();
        offers.denied(nameOf(item));
        return;
      }
      // Without a path the engine asks the user for one.
      if (rule === "allow") item.setSavePath(placeAside());
      else item.setSaveDialogOptions(saveDialog(item, offers.from));
      this.#add(site, item, rule === "allow");
    });
  }

  cancel(id: string): void {
    this.#items.get(id)?.item.cancel();
  }

  show(id: string): void {
    const entry = this.#items.get(id);
    if (entry?.view.state === "done") shell.showItemInFolder(pathOf(entry));
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

  /** @param aside the file waits in a folder of ours until it is whole */
  #add(site: string, item: DownloadItem, aside: boolean): void {
    const id = randomUUID();
    const view = (state: DownloadView["state"]): DownloadView => ({
      id,
      site,
      fileName: aside && entry.path === undefined ? nameOf(item) : parse(pathOf(entry)).base,
      state,
      received: item.getReceivedBytes(),
      total: item.getTotalBytes(),
    });
    const entry: Entry = { site, item, view: { id, site, fileName: "", state: "running", received: 0, total: 0 } };
    const show = (state: DownloadView["state"]) => {
      // Until the user has said where, there is nothing to show.
      if (item.getSavePath() !== "") this.#items.set(id, entry);
      entry.view = view(state);
      this.#changed();
    };
    const finish = async (state: "completed" | "cancelled" | "interrupted") => {
      if (state !== "completed") return show(state === "cancelled" ? "cancelled" : "failed");
      try {
        if (aside) entry.path = await putIntoDownloads(item.getSavePath(), nameOf(item));
        show("done");
      } catch {
        show("failed");
      }
    };
    show("running");
    item.on("updated", () => show("running"));
    item.once("done", (_event, state) => void finish(state));
  }
}

function saveDialog(item: DownloadItem, from: string) {
  return { title: `Save a file from ${from}`, defaultPath: join(app.getPath("downloads"), nameOf(item)) };
}

const pathOf = ({ item, path }: Entry): string => path ?? item.getSavePath();

const nameOf = (item: DownloadItem): string => shortFileName(item.getFilename());

/** In the client's own folder, which no other user may read. */
function placeAside(): string {
  const folder = join(app.getPath("userData"), "incoming");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, randomUUID());
}

async function putIntoDownloads(aside: string, fileName: string): Promise<string> {
  const path = freePath(app.getPath("downloads"), fileName);
  try {
    await rename(aside, path);
  } catch {
    // The folders may lie on different disks.
    await copyFile(aside, path);
    await rm(aside, { force: true });
  }
  return path;
}

/** A name in the folder that no file has yet: `statement (2).pdf`. */
function freePath(folder: string, fileName: string): string {
  const { name, ext } = parse(fileName);
  let path = join(folder, fileName);
  for (let number = 2; existsSync(path); number += 1) path = join(folder, `${name} (${number})${ext}`);
  return path;
}
