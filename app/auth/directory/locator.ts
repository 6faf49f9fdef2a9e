import { directoryUrl } from "../../core/beliefs/directory.ts";
import type { DirectoryEntryEvidence } from "../../core/evidence.ts";
import type { ChannelExpectation, DirectoryLookup } from "../../core/expectation.ts";
import { Refusal } from "../../core/refusal.ts";
import { type ConnectionPoint, namedBy, readConnectionPoint } from "../../core/scp.ts";
import { type DirectoryConnection, type DirectoryTools, openDirectory } from "./directory-connection.ts";
import { searchDirectory } from "./search.ts";

/** What a directory said serves new channels for this long, milliseconds. */
export const ANSWER_SERVES = 10 * 60_000;
/** A channel that was opened on its word may rest on it for this long: a working day. */
export const ANSWER_COUNTS = 10 * 3_600_000;

export interface LocatorTools extends DirectoryTools {
  /** Milliseconds: for dial and proof of the directory, and for its answer. */
  readonly limits?: { readonly open?: number; readonly search?: number };
}

/** Finds services that a directory names. */
export interface ServiceLocator {
  /**
   * The expectation with the service's name and place, and the directory's statement as evidence.
   * @throws Refusal `directory.*`, `scp.*`
   */
  locate(to: ChannelExpectation, signal: AbortSignal): Promise<Located>;
  /** Asks again next time: a service that is not where it was said to be may have moved. */
  forget(lookup: DirectoryLookup): void;
}

export interface Located {
  readonly expectation: ChannelExpectation;
  readonly evidence: DirectoryEntryEvidence;
}

interface Answer {
  readonly point: ConnectionPoint;
  readonly directory: Pick<DirectoryConnection, "channel" | "key" | "lapsesAt">;
  readonly at: number;
}

interface Kept {
  readonly answer: Promise<Answer>;
  /** Known once there is an answer. */
  until: number;
}

/**
 * Asks the directory of a site once for all channels that are opened within ten minutes. Failures are not kept, and
 * no answer outlives the proofs of the directory that gave it.
 */
export function createLocator(tools: LocatorTools): ServiceLocator {
  const kept = new Map<string, Kept>();

  const answerTo = (lookup: DirectoryLookup, site: string): Promise<Answer> => {
    const key = keyOf(lookup);
    const known = kept.get(key);
    if (known !== undefined && tools.clock() < known.until) return known.answer;
    const asking: Kept = { answer: ask(lookup, site, tools), until: Number.POSITIVE_INFINITY };
    kept.set(key, asking);
    asking.answer.then(
      ({ at, directory }) => {
        asking.until = Math.min(at + ANSWER_SERVES, directory.lapsesAt);
      },
      () => {
        if (kept.get(key) === asking) kept.delete(key);
      },
    );
    return asking.answer;
  };

  return {
    async locate(to, signal) {
      const { lookup } = to.server;
      if (lookup === undefined) throw new Refusal("scp.none", { value: to.origin, fault: "no directory is named" });
      return located(to, lookup, await untilAborted(answerTo(lookup, to.site), signal));
    },
    forget: (lookup) => {
      const key = keyOf(lookup);
      // A question that is being asked is new enough.
      if (kept.get(key)?.until !== Number.POSITIVE_INFINITY) kept.delete(key);
    },
  };
}

const keyOf = (lookup: DirectoryLookup): string => JSON.stringify(lookup);

async function ask(lookup: DirectoryLookup, site: string, tools: LocatorTools): Promise<Answer> {
  const { socket, ...directory } = await openInTime(lookup, site, tools);
  const entries = await searchDirectory(socket, lookup, tools.limits?.search);
  return { point: readConnectionPoint(entries, lookup), directory, at: tools.clock() };
}

/** For dial and handshake of the directory, milliseconds. */
const OPEN_TIME = 15_000;

/** Several channels may wait for the answer: none of them alone can give the question up. */
async function openInTime(lookup: DirectoryLookup, site: string, tools: LocatorTools): Promise<DirectoryConnection> {
  const late = new AbortController();
  const limit = tools.limits?.open ?? OPEN_TIME;
  const timer = setTimeout(() => {
    const detail = { value: directoryUrl(lookup), fault: `no proof of the directory within ${limit} ms` };
    late.abort(new Refusal("directory.unreachable", detail));
  }, limit);
  try {
    return await openDirectory(lookup, site, tools, late.signal);
  } finally {
    clearTimeout(timer);
  }
}

function located(to: ChannelExpectation, lookup: DirectoryLookup, { point, directory, at }: Answer): Located {
  const { entry, principal, host, port } = point;
  const { channel, site, origin } = to;
  return {
    expectation: namedBy(to, point),
    evidence: {
      kind: "directory.entry",
      channel,
      site,
      origin,
      at,
      expires: Math.min(at + ANSWER_COUNTS, directory.lapsesAt),
      directory: directoryUrl(lookup),
      directoryChannel: directory.channel,
      directoryKey: directory.key,
      entry,
      principal,
      host,
      port,
    },
  };
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new Refusal("verdict.cancelled", { fault: "the search was given up" }));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    return undefined;
  });
}
