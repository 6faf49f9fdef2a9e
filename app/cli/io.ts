import type { Readable, Writable } from "node:stream";
import { authenticators } from "../auth/authenticators.ts";
import type { ChannelOpener, Dialer } from "../auth/channel.ts";
import { type KerberosVariable, kerberosVariables } from "../auth/gss/environment.ts";
import type { GssPort } from "../auth/gss/port.ts";
import type { GssWorkerSpawner } from "../auth/gss/protocol.ts";
import { createGssPort } from "../auth/gss/worker-pool.ts";
import { createImpostorWatch, type ImpostorWatch } from "../auth/impostor-watch.ts";
import { createOpener } from "../auth/opener.ts";
import { type HostileLookup, NO_LISTS } from "../core/hostile-lookup.ts";
import type { ImpostorMemory } from "../core/impostor.ts";
import type { Profile } from "../core/profile.ts";
import { Refusal } from "../core/refusal.ts";
import { allExpectations } from "../core/sites.ts";
import { visibleText } from "../core/visible-text.ts";
import { createDialer } from "../gateway/dialer.ts";
import { LearnedImpostors } from "../hostile/learned.ts";
import type { Keystore } from "../keystore/identity.ts";
import { createKeystore } from "../keystore/keystore.ts";
import { createKeytarKeychain } from "../keystore/keytar-keychain.ts";
import { keystoreService } from "../keystore/service.ts";
import { createWriterLock } from "../keystore/writer-lock.ts";
import { machineSources } from "../profile/machine-sources.ts";
import type { ProfileSource } from "../profile/source.ts";

export const EXIT = { done: 0, usage: 2, refused: 10, hostile: 11 } as const;

/** Where a command reads and writes. */
export interface CommandIo {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** What a command works with. */
export interface CommandParts {
  /** Made when a command first needs it. */
  readonly keystore: () => Keystore;
  readonly dialer: Dialer;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Used where no `--profile` is given. */
  readonly profileSources: readonly ProfileSource[];
  readonly gss: GssPort;
  /** Variables of the environment that the Kerberos library knows. */
  readonly kerberosVariables: readonly KerberosVariable[];
  /** Read when a command first needs it; absent where nothing is to be kept. */
  readonly impostors?: () => LearnedImpostors;
  /** Opens the profile's lists of hostile addresses as the window has left them. */
  readonly openLists: (profile: Profile) => Promise<OpenLists>;
}

export interface OpenLists {
  readonly lookup: HostileLookup;
  close(): Promise<void>;
}

export interface CommandOptions {
  /** The system's proxy for a URL, in the words of a proxy auto-configuration; direct when absent. */
  readonly proxyFor?: (url: string) => Promise<string>;
  /** The demonstration has a keystore of its own. */
  readonly demo?: boolean;
  /** Where the lists of hostile addresses lie; they are not asked when absent. */
  readonly hostileFolder?: string;
  /** Starts the process that calls the system's Kerberos library. */
  readonly spawnGss?: GssWorkerSpawner;
  /** An installed client, which leaves out of that process what would decide trust. */
  readonly packaged?: boolean;
  /** Where what is learned of impostors is kept. */
  readonly impostorFolder?: string;
}

export function commandParts(options: CommandOptions = {}): CommandParts {
  const { proxyFor, demo = false, spawnGss = noGss, packaged = false, impostorFolder, hostileFolder } = options;
  const service = keystoreService(demo);
  let keystore: Keystore | undefined;
  return {
    keystore: () => {
      keystore ??= createKeystore(createKeytarKeychain(service), Date.now, { lock: createWriterLock(service) });
      return keystore;
    },
    dialer: createDialer(proxyFor === undefined ? {} : { proxyFor }),
    clock: Date.now,
    profileSources: machineSources(),
    gss: createGssPort({ spawn: spawnGss }),
    kerberosVariables: kerberosVariables(process.env, packaged),
    openLists: (profile) => openLists(profile, hostileFolder),
    ...(impostorFolder === undefined ? {} : { impostors: impostorsIn(impostorFolder) }),
  };
}

function impostorsIn(folder: string): () => LearnedImpostors {
  let learned: LearnedImpostors | undefined;
  return () => {
    learned ??= new LearnedImpostors({
      folder,
      trouble: (fault) => console.error(`countersign: ${visibleText(fault)}`),
    });
    return learned;
  };
}

async function openLists({ hostileLists: lists = [] }: Profile, folder: string | undefined): Promise<OpenLists> {
  if (folder === undefined || lists.length === 0) return { lookup: NO_LISTS, close: async () => {} };
  const { HostileLists } = await import("../hostile/lists.ts");
  return HostileLists.read({ lists, folder, clock: Date.now });
}

function noGss(): never {
  throw new Refusal("kerberos.library", { fault: "this program has no process for Kerberos" });
}

/**
 * Writes all of `text`, with nothing in it that a terminal would obey: it may quote servers and files. What the reader
 * does not want any more (a closed pipe) is no fault.
 */
export function print(to: Writable, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (to.destroyed || to.writableEnded) return resolve();
    to.write(visibleText(text), () => resolve());
    return undefined;
  });
}

export function printJson(to: Writable, value: unknown): Promise<void> {
  return print(to, `${JSON.stringify(value, null, 2)}\n`);
}

/** Opens channels with every method that there is. The keystore is asked only where a site wants an identity. */
export function openerOf({ dialer, clock, keystore, gss, impostors }: CommandParts, profile: Profile): ChannelOpener {
  const select: Keystore["select"] = (issuer, now) => keystore().select(issuer, now);
  return createOpener({
    dialer,
    clock,
    authenticators: authenticators({ keystore: { select }, gss }),
    gss,
    ...(impostors === undefined ? {} : { impostors: watchOf(impostors(), profile) }),
  });
}

/**
 * A command says what the profile makes of a server, whatever was met before: it learns nothing, and only a server that
 * the profile alone cannot recognise is refused for its key.
 */
function watchOf(memory: ImpostorMemory, profile: Profile): ImpostorWatch {
  const { passed } = createImpostorWatch({ memory, listed: () => allExpectations(profile) });
  return { passed, refused: (_server, refusal) => refusal };
}
