/** The engine's session for what is only read: in memory, without cookies, and without any way out of its own. */
import { type Session, session } from "electron";
import { denyPermissions } from "./site-session.ts";

/** Nobody listens here. */
const DEAD_END = "http://127.0.0.1:1";

/** Of no lasting partition: it ends with the program, and nothing of it is ever written to the disk. */
const PARTITION = "read-only";

export interface Shown {
  readonly type: string;
  readonly body: Buffer;
}

/** What stands in for the network of a page. */
export interface ReadOnlySource {
  /** The page or a part of it; undefined for what it may not have. */
  answer(url: string): Promise<Shown | undefined>;
}

/** @returns the session, whose only content is what the source answers */
export async function openReadOnlySession(source: ReadOnlySource): Promise<Session> {
  const own = session.fromPartition(PARTITION, { cache: false });
  own.setSpellCheckerLanguages([]);
  own.setSpellCheckerEnabled(false);
  own.allowNTLMCredentialsForDomains("");
  denyPermissions(own);
  own.setCertificateVerifyProc((_request, callback) => callback(-2));
  own.removeAllListeners("will-download");
  own.on("will-download", (event) => event.preventDefault());
  // `<-loopback>` takes away the engine's exception for loopback addresses.
  await own.setProxy({ mode: "fixed_servers", proxyRules: DEAD_END, proxyBypassRules: "<-loopback>" });
  if (own.protocol.isProtocolHandled("https")) own.protocol.unhandle("https");
  own.protocol.handle("https", async ({ method, url, body }) => {
    if (method !== "GET" || body !== null) return refused();
    const shown = await source.answer(url).catch(() => undefined);
    return shown === undefined
      ? refused()
      : new Response(new Uint8Array(shown.body), { headers: headersOf(new URL(url), shown.type) });
  });
  await own.clearStorageData();
  return own;
}

/** Ours alone: no header of the server reaches the engine. */
function headersOf({ origin }: URL, type: string): Record<string, string> {
  return {
    "content-type": type,
    "content-security-policy": readOnlyPolicy(origin),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-dns-prefetch-control": "off",
    "cache-control": "no-store",
    // The sandbox gives the page an origin of its own, from which its fonts would not be read otherwise.
    "access-control-allow-origin": "*",
  };
}

/** @param origin the page's, from which alone its pictures, styles and letters come */
export function readOnlyPolicy(origin: string): string {
  return [
    // A window that a link wants is asked for, and never opened (read-only-view.ts).
    "sandbox allow-popups",
    "default-src 'none'",
    `img-src ${origin} data:`,
    `style-src ${origin} 'unsafe-inline'`,
    `font-src ${origin}`,
    "script-src 'none'",
    "connect-src 'none'",
    "frame-src 'none'",
    "object-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
}

function refused(): Response {
  return new Response(null, { status: 403 });
}
