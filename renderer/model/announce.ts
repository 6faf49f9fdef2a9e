import type { DownloadView, UiState } from "../../app/ipc/contract.ts";
import { sealSentence } from "./seal.ts";

/** What a screen reader is to say; refusals and warnings interrupt, the rest waits its turn. */
export interface Announcement {
  readonly text: string;
  readonly urgent: boolean;
}

/** What changed between two states that somebody who does not see the window must hear, most urgent first. */
export function announcements(before: UiState | undefined, after: UiState): readonly Announcement[] {
  return [...ofSeal(before, after), ...ofNotices(before, after), ...ofDownloads(before, after)].sort(
    (a, b) => Number(b.urgent) - Number(a.urgent),
  );
}

function ofSeal(before: UiState | undefined, after: UiState): readonly Announcement[] {
  const was = before?.active;
  const is = after.active;
  if (is === undefined) return [];
  const same = was?.site === is.site && was.seal === is.seal && was.refusal?.at === is.refusal?.at;
  if (same) return ofStage(was?.stage, is);
  if (is.refusal !== undefined && (is.seal === "refused" || is.seal === "hostile"))
    return [{ text: `${is.refusal.title} ${is.refusal.message}`, urgent: true }];
  if (is.stage === "shut") return ofStage(was?.stage, is);
  if (was?.site === is.site && was.seal === "open" && is.seal === "shut")
    return [{ text: `The proof of ${is.name} has lapsed. The page is shut.`, urgent: true }];
  if (is.seal === "shut") return [];
  return [{ text: sealSentence(is), urgent: is.seal !== "open" && is.seal !== "opening" }];
}

function ofStage(was: string | undefined, is: NonNullable<UiState["active"]>): readonly Announcement[] {
  if (was === is.stage) return [];
  if (is.stage === "crashed") return [{ text: `The page of ${is.name} has stopped working.`, urgent: true }];
  if (is.stage === "shut") return [{ text: `The page of ${is.name} takes no input now.`, urgent: true }];
  if (is.stage === "hung") return [{ text: `The page of ${is.name} does not answer.`, urgent: true }];
  return [];
}

function ofNotices(before: UiState | undefined, after: UiState): readonly Announcement[] {
  const known = new Set(before?.notices.map((notice) => notice.id));
  return after.notices
    .filter((notice) => !known.has(notice.id))
    .map((notice) => ({ text: notice.text, urgent: notice.kind === "warning" }));
}

function ofDownloads(before: UiState | undefined, after: UiState): readonly Announcement[] {
  const states = new Map(before?.downloads.map((download) => [download.id, download.state]));
  return after.downloads.filter((download) => states.get(download.id) !== download.state).map(ofDownload);
}

function ofDownload({ fileName, state }: DownloadView): Announcement {
  switch (state) {
    case "running":
      return { text: `Downloading ${fileName}.`, urgent: false };
    case "done":
      return { text: `${fileName} has been saved.`, urgent: false };
    case "cancelled":
      return { text: `${fileName} was cancelled.`, urgent: false };
    case "failed":
      return { text: `${fileName} could not be downloaded.`, urgent: true };
  }
}
