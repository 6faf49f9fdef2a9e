/** One engine session per site: its own storage, and its gateway as the only way out. */
import { createHash, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { app, type Session, session } from "electron";
import { Refusal } from "../core/refusal.ts";
import type { SiteGateway } from "../gateway/gateway.ts";

/** Nobody listens here: the way out of a session without a gateway. */
const DEAD_END = "http://127.0.0.1:1";

export interface SiteSession {
  readonly session: Session;
  /** Ends every registered service worker: one of them could draw a page that no request precedes. */
  clearWorkers(): Promise<void>;
  /** Forgets everything that an origin has stored, its workers included, and ends its connections. */
  clearOrigin(origin: string): Promise<void>;
  /** Shuts the way out; nothing loads until the session is opened again. */
  close(): Promise<void>;
}

/**
 * The session of a site, bound to its gateway. Returns only when the engine itself names the gateway as its proxy,
 * since the promise of `setProxy` alone is no barrier.
 * @throws Refusal `network.proxy`
 */
export async function openSiteSession(site: string, gateway: SiteGateway): Promise<SiteSession> {
  const own = siteSession(site);
  own.setCertificateVerifyProc((request, callback) => {
    callback(isCertificate(request.certificate.data, gateway.certificateFingerprint) ? 0 : -2);
  });
  await own.setProxy(proxyTo(`http://127.0.0.1:${gateway.port}`));
  await own.closeAllConnections();
  await untilProxyIs(own, `PROXY 127.0.0.1:${gateway.port}`);
  const clearWorkers = () => own.clearStorageData({ storages: ["serviceworkers"] });
  await clearWorkers();
  return {
    session: own,
    clearWorkers,
    clearOrigin: (origin) => clearOrigin(own, origin),
    close: async () => {
      own.setCertificateVerifyProc((_request, callback) => callback(-2));
      await own.setProxy(proxyTo(DEAD_END));
      await own.closeAllConnections();
    },
  };
}

/** Forgets what one origin has stored in a session: cookies, storage, workers, caches. It has no permissions. */
async function clearOrigin(own: Session, origin: string): Promise<void> {
  await own.clearStorageData({ origin });
  await own.clearCodeCaches({ urls: [] });
  await own.clearCache();
  await own.cookies.flushStore();
}

/** The same in the sessions of all these sites that were ever opened: it may have been a part of any of them. */
export async function clearOriginEverywhere(sites: readonly string[], origin: string): Promise<void> {
  const folder = join(app.getPath("sessionData"), "Partitions");
  const opened = sites.filter((site) => existsSync(join(folder, `site-${site}`)));
  await Promise.all(opened.map((site) => clearOrigin(siteSession(site), origin)));
}

/** Forgets everything a site has stored: cookies, storage, caches, passwords of HTTP logins. */
export async function clearSite(site: string): Promise<void> {
  const own = siteSession(site);
  await own.clearStorageData();
  await own.clearCache();
  await own.clearAuthCache();
  await own.clearCodeCaches({ urls: [] });
  await own.cookies.flushStore();
}

const prepared = new Set<string>();

/** Synchronous on purpose: what is shut here must be shut before the engine gets a chance to act. */
function siteSession(site: string): Session {
  const own = session.fromPartition(`persist:site-${site}`);
  if (prepared.has(site)) return own;
  prepared.add(site);
  own.setSpellCheckerLanguages([]);
  own.setSpellCheckerEnabled(false);
  own.allowNTLMCredentialsForDomains("");
  denyPermissions(own);
  return own;
}

/** Pages get no permission and no device. */
export function denyPermissions(own: Session): void {
  own.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  own.setPermissionCheckHandler(() => false);
  own.setDevicePermissionHandler(() => false);
  own.setDisplayMediaRequestHandler((_request, answer) => answer({}));
  own.setUSBProtectedClassesHandler((details) => [...details.protectedClasses]);
  own.setBluetoothPairingHandler((_details, answer) => answer({ confirmed: false }));
  own.on("select-hid-device", (event, _details, answer) => {
    event.preventDefault();
    answer(null);
  });
  own.on("select-serial-port", (event, _ports, _contents, answer) => {
    event.preventDefault();
    answer("");
  });
  own.on("select-usb-device", (event, _details, answer) => {
    event.preventDefault();
    answer();
  });
}

function proxyTo(proxyRules: string) {
  // `<-loopback>` takes away the engine's exception for loopback addresses.
  return { mode: "fixed_servers", proxyRules, proxyBypassRules: "<-loopback>" } as const;
}

async function untilProxyIs(own: Session, expected: string): Promise<void> {
  let found = "";
  for (let attempt = 0; attempt < 100; attempt += 1) {
    found = await own.resolveProxy("https://localhost/");
    if (found === expected) return;
    await delay(20);
  }
  throw new Refusal("network.proxy", { value: found, fault: "the session does not use its gateway", expected });
}

function isCertificate(pem: string, fingerprint: string): boolean {
  try {
    return createHash("sha256").update(new X509Certificate(pem).raw).digest("hex") === fingerprint;
  } catch {
    return false;
  }
}
