/** The interface's calls, each mapped to what it does. */
import type { BrowserWindow } from "electron";
import { Refusal } from "../core/refusal.ts";
import type { LearnedImpostors } from "../hostile/learned.ts";
import type { CallHandlers } from "../ipc/register.ts";
import type { Keystore } from "../keystore/identity.ts";
import type { Client } from "./client.ts";
import { impostorCalls } from "./impostor-calls.ts";
import { answer, keystoreCalls } from "./keystore-calls.ts";

export function callHandlers(
  client: Client,
  parts: {
    readonly window: () => BrowserWindow | undefined;
    readonly keystore: () => Promise<Keystore>;
    readonly impostors: () => Promise<LearnedImpostors>;
  },
): CallHandlers {
  return {
    "app.state": () => client.state(),
    "app.acknowledge": quiet(({ notice }) => client.acknowledge(notice)),
    "app.reload-profile": quiet(() => client.reloadProfile()),
    "layout.stage": quiet((stage) => client.layStage(stage)),
    "site.open": quiet(({ site }) => client.openSite(site)),
    "site.navigate": quiet(({ text }) => client.navigate(text)),
    "site.close": quiet(() => client.closeActive()),
    "site.sign-out": ({ site }) => answer(quiet(() => client.signOut(site))),
    "view.command": quiet((command) => client.command(command)),
    "find.start": quiet((options) => client.find(options)),
    "find.stop": quiet(() => client.stopFind()),
    "keys.type": quiet(({ text }) => client.typeSensitive(text)),
    "keys.erase": quiet(() => client.eraseSensitive()),
    "keys.reveal": quiet(({ on }) => client.revealSensitive(on)),
    "refusal.copy-details": quiet(() => client.copyDetails()),
    "http-auth.answer": quiet((given) => client.logins.reply(given.id, given.answer)),
    "question.answer": quiet((given) => client.answerQuestion(given)),
    "consent.answer": quiet(({ id, allow }) => client.consents.reply(id, allow)),
    "download.cancel": quiet(({ id }) => client.downloads.cancel(id)),
    "download.clear": quiet(() => client.downloads.clear()),
    "download.show": quiet(({ id }) => client.downloads.show(id)),
    ...impostorCalls({ ...parts, siteName: (id) => client.siteName(id) }),
    ...keystoreCalls({
      ...parts,
      imported: () => client.identitiesImported(),
      removed: (fingerprint) => void client.identityRemoved(fingerprint, identityGone(fingerprint)),
    }),
  };
}

/** A call that answers nothing but that it is done. */
function quiet<A extends readonly unknown[]>(work: (...args: A) => unknown): (...args: A) => Promise<undefined> {
  return async (...args) => {
    await work(...args);
    return undefined;
  };
}

function identityGone(fingerprint: string): Refusal {
  const fault = "the identity that proved the user was removed from the keystore";
  return new Refusal("verdict.lapsed", { value: fingerprint, fault, expected: "a proof with another identity" });
}
