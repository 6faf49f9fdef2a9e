import type { DownloadView } from "../../app/ipc/contract.ts";

const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** Decimal multiples (IEC 80000-13), one digit after the point from kB on. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? "bytes"}`;
}

/** Share that has arrived, 0 to 1; undefined while the server has not said how much there is. */
export function share(download: Pick<DownloadView, "received" | "total">): number | undefined {
  return download.total > 0 ? Math.min(1, download.received / download.total) : undefined;
}

/** State of a download in words. */
export function progressText(download: DownloadView): string {
  switch (download.state) {
    case "running":
      return download.total > 0
        ? `${size(download.received)} of ${size(download.total)}`
        : `${size(download.received)} so far`;
    case "done":
      return `Saved, ${size(download.received)}`;
    case "cancelled":
      return "Cancelled";
    case "failed":
      return "Failed";
  }
}

/** A file's name in two: what may be shortened, and the last letters with the extension, which say what the file is. */
export function splitName(fileName: string): { readonly stem: string; readonly ending: string } {
  const letters = [...fileName];
  const dot = letters.lastIndexOf(".");
  const extension = dot > 0 && letters.length - dot <= 8 ? letters.length - dot : 0;
  const cut = Math.max(1, letters.length - extension - 3);
  return { stem: letters.slice(0, cut).join(""), ending: letters.slice(cut).join("") };
}
