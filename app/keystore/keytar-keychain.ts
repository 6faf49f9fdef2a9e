/**
 * The operating system's keychain through keytar: the Secret Service on Linux, Keychain on macOS, Credential Manager
 * on Windows.
 *
 * What is true of keytar 7.9, and why this file is more than a wrapper:
 * - It runs each call in libuv's thread pool and cannot cancel it. A Secret Service that shows a prompt or hangs keeps
 *   its thread; four such calls would stop every file, DNS and crypto operation of the process. So calls go one by
 *   one, each has a time limit, and while an overdue one has not come back all others are refused at once.
 * - An overdue call keeps the event loop alive, and Node joins the pool's threads when it exits, so that not even
 *   process.exit() ends the process. Programs must call process.exit(); it is then completed by a signal to ourselves.
 * - libsecret keeps to the Secret Service that it first met for as long as the process lives, also in Electron with its
 *   GLib main loop. After a restart of that service only a restart of the program helps, and the refusal says so.
 * - Under a locked gnome-keyring without a prompter, reading answers "not there" and deleting "nothing to delete". So
 *   on Linux a negative answer is believed only after something could be stored.
 * - Its listing crashes the process under a locked keyring (a null string), so it is never used.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ReasonCode } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import type { Keychain } from "./identity.ts";

type Keytar = Pick<typeof import("keytar"), "getPassword" | "setPassword" | "deletePassword">;

/** What is stored to find out whether the keychain is open. */
const PROBE = { account: "probe", secret: "AA==" };

export interface KeytarKeychainOptions {
  /** Milliseconds for one call: long enough for a person to answer a prompt. */
  readonly timeLimit?: number;
}

/** @param service name under which the entries stand in the keychain, e.g. `Countersign` */
export function createKeytarKeychain(service: string, { timeLimit = 30_000 }: KeytarKeychainOptions = {}): Keychain {
  const calls = new CallQueue(timeLimit);
  const run = <T>(call: (keytar: Keytar) => Promise<T>): Promise<T> => calls.run(async () => call(await loadKeytar()));
  const get = (account: string) => run((keytar) => keytar.getPassword(service, account));
  const set = (account: string, secret: string) => run((keytar) => keytar.setPassword(service, account, secret));
  const remove = (account: string) => run((keytar) => keytar.deletePassword(service, account));

  /** Asks again after a negative answer, once it is certain that the keychain is open. */
  async function certainly<T>(negative: (answer: T) => boolean, ask: () => Promise<T>): Promise<T> {
    const answer = await ask();
    if (process.platform !== "linux" || !negative(answer)) return answer;
    await set(PROBE.account, PROBE.secret);
    return ask();
  }

  return {
    get: async (account) =>
      (await certainly(
        (answer) => answer === null,
        () => get(account),
      )) ?? undefined,
    set,
    delete: (account) =>
      certainly(
        (answer) => !answer,
        () => remove(account),
      ),
  };
}

let loading: Promise<Keytar> | undefined;

/** Loads the native module when it is first needed: without libsecret the rest of the program works all the same. */
function loadKeytar(): Promise<Keytar> {
  loading ??= import("keytar").then((module) => ("default" in module ? (module.default as Keytar) : module));
  return loading.catch((error: unknown) => {
    loading = undefined;
    throw new Refusal("keystore.absent", { fault: `The keychain's library cannot be loaded: ${messageOf(error)}` });
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 300);

/** One call at a time, each within its time limit. */
class CallQueue {
  readonly #timeLimit: number;
  #last: Promise<unknown> = Promise.resolve();
  #overdue = 0;

  constructor(timeLimit: number) {
    this.#timeLimit = timeLimit;
  }

  run<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#within(call));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #within<T>(call: () => Promise<T>): Promise<T> {
    if (this.#overdue > 0) throw this.#noAnswer();
    let timer: NodeJS.Timeout | undefined;
    const calling = call();
    const tooLong = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.#leaveBehind(calling);
        reject(this.#noAnswer());
      }, this.#timeLimit);
    });
    try {
      return await Promise.race([calling, tooLong]);
    } catch (error) {
      throw error instanceof Refusal ? error : refusalFor(messageOf(error));
    } finally {
      clearTimeout(timer);
    }
  }

  #leaveBehind(calling: Promise<unknown>): void {
    const finishExit = () => process.kill(process.pid, "SIGKILL");
    const back = () => {
      this.#overdue -= 1;
      process.off("exit", finishExit);
    };
    this.#overdue += 1;
    process.once("exit", finishExit);
    calling.then(back, back);
  }

  #noAnswer(): Refusal {
    return new Refusal("keystore.locked", {
      fault: `The keychain has not answered within ${this.#timeLimit / 1000} s; it may be waiting for its password`,
    });
  }
}

/**
 * keytar passes on the system's message and nothing else: those of gnome-keyring and the D-Bus daemon (never
 * translated), of GDBus, of macOS' OSStatus and of Windows.
 */
const MEANINGS: readonly (readonly [RegExp, ReasonCode])[] = [
  [/locked|interaction is not allowed/i, "keystore.locked"],
  [/not provided by any \.service|ServiceUnknown|NoReply|Disconnected/i, "keystore.absent"],
  [/autolaunch|dbus-launch|could not connect|connection is closed/i, "keystore.absent"],
  // libsecret names the default collection that is not there; the rest of its sentence is translated.
  [/org\/freedesktop\/secrets\/collection\//, "keystore.absent"],
  [/no such secret collection|default keychain could not be found|no keychain is available/i, "keystore.absent"],
];

/** The unique name of a bus connection: the service that was there before. */
const SERVICE_IS_GONE = /name :\d+\.\d+ was not provided/;

function refusalFor(message: string): Refusal {
  const [, meaning] = MEANINGS.find(([pattern]) => pattern.test(message)) ?? [];
  // GDBus translates its messages into the user's language, so the bus itself is looked at too.
  const code = meaning ?? (sessionBusIsMissing() ? "keystore.absent" : "keystore.refused");
  const fault = SERVICE_IS_GONE.test(message)
    ? "The keychain's service was restarted or has ended; Countersign reaches a new one only when it is started again"
    : "The keychain did not carry out the operation";
  return new Refusal(code, { value: message, fault });
}

function sessionBusIsMissing(): boolean {
  if (process.platform !== "linux") return false;
  const { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime } = process.env;
  if (address === undefined) return runtime === undefined || !existsSync(join(runtime, "bus"));
  // What Chromium sets where it finds no session bus.
  if (address.startsWith("disabled:")) return true;
  const [, path] = /^unix:path=([^,;]+)/.exec(address) ?? [];
  return path !== undefined && !existsSync(path);
}
