/** The keystore page's calls: a file dialog of the system, and the keystore behind results that a user can act on. */
import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { type BrowserWindow, dialog } from "electron";
import { explain } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import type { IdentityView, Result } from "../ipc/contract.ts";
import type { CallHandlers } from "../ipc/register.ts";
import { readContainerFile } from "../keystore/container-file.ts";
import type { Identity, Keystore } from "../keystore/identity.ts";
import { identityView } from "./identity-view.ts";
import { refusalOf } from "./refusal-view.ts";

type KeystoreCalls = Pick<CallHandlers, "keystore.list" | "keystore.choose" | "keystore.import" | "keystore.remove">;

export function keystoreCalls(parts: {
  readonly window: () => BrowserWindow | undefined;
  readonly keystore: () => Promise<Keystore>;
  readonly imported: () => void;
  readonly removed: (fingerprint: string) => void;
}): KeystoreCalls {
  const chosen = new Map<string, string>();
  const list = async () => views(await (await parts.keystore()).list());
  return {
    "keystore.list": () => answer(list),
    "keystore.choose": () =>
      answer(async () => {
        const path = await choose(parts.window());
        if (path === undefined) return undefined;
        chosen.clear();
        const token = randomUUID();
        chosen.set(token, path);
        return { token, fileName: basename(path) };
      }),
    "keystore.import": ({ token, passphrase }) =>
      answer(async () => {
        const path = chosen.get(token);
        if (path === undefined) throw new Refusal("keystore.file-unreadable", { fault: "no file was chosen" });
        await (await parts.keystore()).importPkcs12(await readContainerFile(path), passphrase);
        chosen.delete(token);
        parts.imported();
        return list();
      }),
    "keystore.remove": ({ fingerprint }) =>
      answer(async () => {
        await (await parts.keystore()).remove(fingerprint);
        parts.removed(fingerprint);
        return undefined;
      }),
  };
}

/** Runs work and answers its value, or the sentences of what went wrong. */
export async function answer<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!(error instanceof Refusal)) console.error("keystore:", error);
    return { ok: false, error: explain(refusalOf(error)) };
  }
}

async function choose(window: BrowserWindow | undefined): Promise<string | undefined> {
  const options: Electron.OpenDialogOptions = {
    title: "Import an identity",
    properties: ["openFile", "dontAddToRecent"],
    filters: [
      { name: "Identities (PKCS#12)", extensions: ["p12", "pfx"] },
      { name: "All files", extensions: ["*"] },
    ],
  };
  const { canceled, filePaths } = await (window
    ? dialog.showOpenDialog(window, options)
    : dialog.showOpenDialog(options));
  return canceled ? undefined : filePaths[0];
}

function views(identities: readonly Identity[]): readonly IdentityView[] {
  return identities.map((identity) => identityView(identity, Date.now()));
}
