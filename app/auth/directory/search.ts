/** Asks a directory that has proved itself for serviceConnectionPoint objects, by the LDAP library `ldapts`. */
import type { TLSSocket } from "node:tls";
import type { Entry } from "ldapts";
import { directoryUrl } from "../../core/beliefs/directory.ts";
import type { DirectoryLookup } from "../../core/expectation.ts";
import { Refusal } from "../../core/refusal.ts";
import { type DirectoryEntry, SCP_ATTRIBUTES } from "../../core/scp.ts";

/** For the whole search, milliseconds. */
const SEARCH_TIME = 10_000;
/** Far more than the few attributes of a few objects take. */
const MAXIMUM_ANSWER = 1_048_576;

/**
 * One search below the base, as an anonymous client. The library is given the authenticated socket and can open no
 * other; it follows no referrals, and references to other servers are left alone. The filter is made of values and
 * not of text, so that nothing in the profile can change its shape (RFC 4515 §3 has what would need escaping).
 * @throws Refusal `directory.unreachable`, `directory.refused`
 */
export async function searchDirectory(
  socket: TLSSocket,
  lookup: DirectoryLookup,
  time = SEARCH_TIME,
): Promise<readonly DirectoryEntry[]> {
  const { AndFilter, Client, EqualityFilter } = await import("ldapts");
  const client = new Client({
    // The library must make no TLS of its own: this is the socket on which the directory has proved itself.
    url: `ldap://${lookup.host}:${lookup.port}`,
    createConnection: once(socket),
  });
  const equals = (attribute: string, value: string) => new EqualityFilter({ attribute, value });
  const filter = new AndFilter({
    filters: [
      equals("objectClass", "serviceConnectionPoint"),
      ...(lookup.serviceClass === undefined ? [] : [equals("serviceClassName", lookup.serviceClass)]),
      ...lookup.keywords.map((keyword) => equals("keywords", keyword)),
    ],
  });
  const guard = new AnswerGuard(socket, time);
  try {
    // Without a size limit of ours the library reports the directory's, which would hide further matches.
    const search = client.search(lookup.base, { scope: "sub", filter, attributes: [...SCP_ATTRIBUTES] });
    const { searchEntries } = await Promise.race([search, guard.broken]);
    return searchEntries.map(entryOf);
  } catch (error) {
    throw refusalOf(error, lookup);
  } finally {
    guard.end();
    socket.destroy();
  }
}

/** The library would connect anew when the socket has ended. */
function once(socket: TLSSocket): () => TLSSocket {
  let given = false;
  return () => {
    if (given || socket.destroyed) throw new Refusal("directory.unreachable", { fault: "the connection has ended" });
    given = true;
    return socket;
  };
}

/** Ends a search that takes too long or brings too much. */
class AnswerGuard {
  readonly broken: Promise<never>;
  readonly #timer: NodeJS.Timeout;
  readonly #socket: TLSSocket;
  readonly #count: (chunk: Buffer) => void;

  constructor(socket: TLSSocket, time: number) {
    this.#socket = socket;
    let fail: (why: Refusal) => void = () => {};
    this.broken = new Promise((_resolve, reject) => {
      fail = reject;
    });
    this.broken.catch(() => {});
    this.#timer = setTimeout(() => {
      fail(
        new Refusal("directory.unreachable", { value: `${time} ms`, fault: "the directory did not answer in time" }),
      );
    }, time);
    let octets = 0;
    this.#count = (chunk) => {
      octets += chunk.length;
      if (octets <= MAXIMUM_ANSWER) return;
      const value = `${octets} octets`;
      fail(new Refusal("directory.refused", { value, fault: "the answer is too large", expected: "at most 1 MiB" }));
      socket.destroy();
    };
    socket.prependListener("data", this.#count);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#socket.off("data", this.#count);
    // What still comes concerns nobody.
    this.#socket.on("error", () => {});
  }
}

function entryOf({ dn, ...attributes }: Entry): DirectoryEntry {
  const texts = (value: Entry[string]) => [value].flat().map((each) => each.toString());
  return {
    dn,
    attributes: new Map(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), texts(value)])),
  };
}

/** LDAP result codes (RFC 4511 appendix A.2) come with a number; everything else is the connection's trouble. */
function refusalOf(error: unknown, lookup: DirectoryLookup): Refusal {
  if (error instanceof Refusal) return error;
  const value = directoryUrl(lookup);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code === "number") {
    const fault = code === 10 ? "the directory refers to another server" : `LDAP result ${code}: ${textOf(error)}`;
    return new Refusal(
      "directory.refused",
      { value, fault, expected: `entries below ${lookup.base}` },
      { cause: error },
    );
  }
  const fault = textOf(error);
  return new Refusal("directory.unreachable", { value, fault, expected: "an answer" }, { cause: error });
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}
