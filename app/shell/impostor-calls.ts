/** The calls of the page of flagged servers. */
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { type BrowserWindow, dialog } from "electron";
import type { Impostor } from "../core/impostor.ts";
import { Refusal } from "../core/refusal.ts";
import { impostorExport, type LearnedImpostors } from "../hostile/learned.ts";
import type { ImpostorView } from "../ipc/contract.ts";
import type { CallHandlers } from "../ipc/register.ts";
import { answer } from "./keystore-calls.ts";

type ImpostorCalls = Pick<CallHandlers, "impostors.list" | "impostors.remove" | "impostors.export">;

export function impostorCalls(parts: {
  readonly window: () => BrowserWindow | undefined;
  readonly impostors: () => Promise<LearnedImpostors>;
  readonly siteName: (id: string) => string | undefined;
}): ImpostorCalls {
  const list = async () => (await parts.impostors()).list.map((impostor) => impostorView(impostor, parts.siteName));
  return {
    "impostors.list": () => answer(list),
    "impostors.remove": ({ key }) =>
      answer(async () => {
        const impostors = await parts.impostors();
        impostors.remove(key);
        await impostors.settled();
        return list();
      }),
    "impostors.export": () =>
      answer(async () => {
        const path = await chooseFile(parts.window());
        if (path === undefined) return undefined;
        const document = impostorExport((await parts.impostors()).list, Date.now());
        await writeFile(path, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 }).catch(notWritten);
        return basename(path);
      }),
  };
}

/** @param siteName the profile's name of a site, if it still has it */
export function impostorView(impostor: Impostor, siteName: (id: string) => string | undefined): ImpostorView {
  const { key, first, last, times, appearances, evidence } = impostor;
  const { protocol, message, certificate } = evidence;
  const { subject, issuer, notBefore, notAfter, fingerprint } = certificate;
  return {
    key,
    first,
    last,
    times,
    appearances: appearances.map(({ site, origin, address, at }) => ({
      site: siteName(site) ?? site,
      origin,
      at,
      ...(address === undefined ? {} : { address }),
    })),
    proof: { protocol, message },
    certificate: { subject, issuer, notBefore, notAfter, fingerprint },
  };
}

function notWritten(error: unknown): never {
  throw new Refusal("app.file-unwritable", { fault: error instanceof Error ? error.message : String(error) });
}

async function chooseFile(window: BrowserWindow | undefined): Promise<string | undefined> {
  const options: Electron.SaveDialogOptions = {
    title: "Export flagged servers",
    defaultPath: "countersign-flagged-servers.json",
    filters: [{ name: "JSON", extensions: ["json"] }],
    properties: ["showOverwriteConfirmation", "dontAddToRecent"],
  };
  const { canceled, filePath } = await (window
    ? dialog.showSaveDialog(window, options)
    : dialog.showSaveDialog(options));
  return canceled || filePath === "" ? undefined : filePath;
}
