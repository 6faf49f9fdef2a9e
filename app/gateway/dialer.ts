import { lookup } from "node:dns/promises";
import { request } from "node:http";
import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Dialer } from "../auth/channel.ts";
import { asksToSignIn, captivePortal } from "../core/captive-portal.ts";
import type { Expectation, Place } from "../core/expectation.ts";
import { Refusal } from "../core/refusal.ts";
import { parseProxyList, type Route } from "./proxy-list.ts";
import { connectToFirst, NoConnection } from "./race.ts";

export interface DialLimits {
  /** For the name lookup, every address and the proxy's answer together, milliseconds. */
  readonly dial: number;
  /** How long one address may take before the next is tried beside it (RFC 8305 §5), milliseconds. */
  readonly headStart: number;
}

export const defaultDialLimits: DialLimits = { dial: 15_000, headStart: 250 };

export interface DialerOptions {
  /** The system's answer for a URL in the words of a proxy auto-configuration; direct when absent. */
  readonly proxyFor?: (url: string) => Promise<string>;
  readonly limits?: Partial<DialLimits>;
  /** Addresses of a name; the operating system's resolver when absent. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/**
 * Opens TCP connections: to the addresses that the profile names, directly and without asking DNS; otherwise by the
 * system's proxy (HTTP CONNECT, RFC 9110 §9.3.6) or DNS. Nothing of the user's goes to a proxy but the name and port.
 */
export function createDialer(options: DialerOptions = {}): Dialer {
  const limits = { ...defaultDialLimits, ...options.limits };
  const resolve = options.resolve ?? systemAddresses;

  async function direct({ host, port }: Place, to: Expectation, signal: AbortSignal): Promise<Socket> {
    const addresses = isIP(host) === 0 ? await untilAborted(resolve(host), signal) : [host];
    return connectToFirst(addresses, port, limits.headStart, signal, to.localAddress);
  }

  async function byProxy(to: Expectation, route: Place, signal: AbortSignal): Promise<Duplex> {
    const name = `${route.host}:${route.port}`;
    let socket: Socket;
    try {
      socket = await direct(route, to, signal);
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw proxyRefusal(name, `the proxy could not be reached (${messageOf(cause)})`, cause);
    }
    return tunnel(socket, name, authorityOf(to), signal);
  }

  async function byRoutes(to: Expectation, routes: readonly Route[], signal: AbortSignal): Promise<Socket | Duplex> {
    let last: unknown;
    for (const route of routes) {
      try {
        if (route.kind === "direct") return await direct(placeOf(to), to, signal);
        if (route.kind === "http") return await byProxy(to, route, signal);
        last = proxyRefusal(route.text, "this kind of proxy is not supported", undefined);
      } catch (error) {
        if (signal.aborted) throw error;
        last = error;
      }
    }
    throw last;
  }

  return {
    async dial(to, signal) {
      const limit = limitedBy(signal, limits.dial);
      try {
        if (to.proxy !== undefined) return await byProxy(to, to.proxy, limit.signal);
        if (to.addresses !== undefined) {
          return await connectToFirst(to.addresses, placeOf(to).port, limits.headStart, limit.signal, to.localAddress);
        }
        const list = await untilAborted(
          options.proxyFor?.(`${to.place === undefined ? to.origin : `https://${authorityOf(to)}`}/`) ??
            Promise.resolve("DIRECT"),
          limit.signal,
        );
        return await byRoutes(to, parseProxyList(list), limit.signal);
      } catch (error) {
        throw dialRefusal(error, to, signal, limit, limits.dial);
      } finally {
        limit.end();
      }
    },
  };
}

/** Where to knock: the origin's own host and port, unless a directory says where the service is. */
const placeOf = ({ place, host, port }: Expectation) => place ?? { host, port };

function authorityOf(to: Expectation): string {
  const { host, port } = placeOf(to);
  return `${host}:${port}`;
}

interface Limit {
  /** Aborted by the caller or by the time limit. */
  readonly signal: AbortSignal;
  readonly exceeded: boolean;
  /** Takes the limit back: what was opened under it may live longer. */
  end(): void;
}

function limitedBy(caller: AbortSignal, milliseconds: number): Limit {
  const controller = new AbortController();
  let exceeded = false;
  const onAbort = () => controller.abort(caller.reason);
  const timer = setTimeout(() => {
    exceeded = true;
    controller.abort();
  }, milliseconds);
  caller.addEventListener("abort", onAbort, { once: true });
  if (caller.aborted) onAbort();
  return {
    signal: controller.signal,
    get exceeded() {
      return exceeded;
    },
    end() {
      clearTimeout(timer);
      caller.removeEventListener("abort", onAbort);
    },
  };
}

async function systemAddresses(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, verbatim: true });
  return interleave(found.map(({ address }) => address));
}

/** Alternates the two address families, first family first (RFC 8305 §4), so that a broken one costs one attempt. */
export function interleave(addresses: readonly string[]): readonly string[] {
  const first = addresses.filter((address) => isIP(address) === isIP(addresses[0] ?? ""));
  const second = addresses.filter((address) => !first.includes(address));
  return first
    .flatMap((address, index) => [address, ...second.slice(index, index + 1)])
    .concat(second.slice(first.length));
}

/** Asks the proxy on `socket` for a tunnel. Its answer's head is read by Node's parser; a body is never used. */
function tunnel(socket: Socket, proxy: string, authority: string, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const asking = request({
      method: "CONNECT",
      path: authority,
      headers: { host: authority },
      createConnection: () => socket,
      signal,
    });
    asking.once("connect", (answer, stream, head) => {
      const status = answer.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        if (head.length > 0) stream.unshift(head);
        return resolve(stream);
      }
      stream.destroy();
      reject(answerRefusal(proxy, status, authority));
    });
    asking.once("error", (cause) => {
      socket.destroy();
      reject(
        signal.aborted ? signal.reason : proxyRefusal(proxy, `the proxy gave no answer (${messageOf(cause)})`, cause),
      );
    });
    asking.end();
  });
}

function dialRefusal(error: unknown, to: Expectation, caller: AbortSignal, limit: Limit, dial: number): Refusal {
  if (error instanceof Refusal) return error;
  const value = authorityOf(to);
  if (caller.aborted) {
    if (caller.reason instanceof Refusal) return caller.reason;
    return new Refusal("verdict.cancelled", { value, fault: "the attempt was cancelled" }, { cause: error });
  }
  const expected = "a server that accepts connections";
  if (limit.exceeded) {
    return new Refusal(
      "network.timeout",
      { value, fault: `no connection within ${dial} ms`, expected },
      { cause: error },
    );
  }
  if (error instanceof NoConnection && error.attempts.length === 0) {
    const fault = "the name server knows no address of it";
    return new Refusal("network.name-not-found", {
      value: placeOf(to).host,
      fault,
      expected: "a name with an address",
    });
  }
  if (error instanceof NoConnection) {
    const code = error.attempts.every((attempt) => attempt.code === "ETIMEDOUT")
      ? "network.timeout"
      : "network.unreachable";
    return new Refusal(
      code,
      { value, fault: `no address could be connected to (${error.message})`, expected },
      { cause: error },
    );
  }
  const code = codeOf(error);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "ENODATA" || code === "EAI_NONAME") {
    const fault = code === "EAI_AGAIN" ? "the name server could not be asked" : "the name server knows no such name";
    return new Refusal(
      "network.name-not-found",
      { value: placeOf(to).host, fault, expected: "a name with an address" },
      { cause: error },
    );
  }
  return new Refusal("network.unreachable", { value, fault: messageOf(error), expected }, { cause: error });
}

function proxyRefusal(proxy: string, fault: string, cause: unknown): Refusal {
  const expected = "a direct connection, or an HTTP proxy that opens a tunnel";
  return new Refusal("network.proxy", { value: proxy, fault, expected }, { cause });
}

/** Why a proxy did not open the tunnel, by its answer. */
function answerRefusal(proxy: string, status: number, authority: string): Refusal {
  const fault = `the proxy answered ${status} to CONNECT ${authority}`;
  if (asksToSignIn(status)) return captivePortal(fault, proxy);
  if (status !== 407) return proxyRefusal(proxy, fault, undefined);
  const expected = "a proxy that does not ask who the user is";
  return new Refusal("network.proxy-authentication", { value: proxy, fault, expected });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

const messageOf = (error: unknown): string => codeOf(error) ?? (error instanceof Error ? error.message : String(error));
