/**
 * Command-line switches and environment variables: which ones a packaged build refuses to start with, and which ones
 * every start sets for the browser engine. Pure tables; main.ts consults them in its first synchronous line.
 */

/** A switch of Chromium, Electron or Node that would weaken what this program promises, and what it would do. */
interface Dangerous {
  readonly name: string;
  /** Also refuses every switch that begins so, e.g. `inspect-brk`. */
  readonly prefix?: true;
  readonly why: string;
}

export const DANGEROUS_SWITCHES: readonly Dangerous[] = [
  { name: "inspect", prefix: true, why: "opens a debugger on the main process" },
  { name: "debug", prefix: true, why: "opens a debugger on the main process" },
  { name: "remote-debugging", prefix: true, why: "opens a debugger on every page" },
  { name: "remote-allow-origins", why: "opens a debugger to pages" },
  { name: "auto-open-devtools-for-tabs", why: "opens a debugger on every page" },
  { name: "custom-devtools-frontend", why: "loads foreign debugger code" },
  { name: "enable-automation", why: "opens the program to automation" },
  { name: "proxy", prefix: true, why: "sends connections round the gateway" },
  { name: "no-proxy-server", why: "sends connections round the gateway" },
  { name: "host-rules", why: "rewrites host names" },
  { name: "host-resolver-rules", why: "rewrites host names" },
  { name: "ignore-certificate-errors", prefix: true, why: "accepts any certificate" },
  { name: "allow-insecure-localhost", why: "accepts any certificate on loopback" },
  { name: "unsafely-treat-insecure-origin-as-secure", why: "treats clear text as secure" },
  { name: "allow-running-insecure-content", why: "loads clear text into secure pages" },
  { name: "origin-to-force-quic-on", why: "sends connections round the gateway" },
  { name: "ssl-key-log-file", why: "writes the keys of connections to a file" },
  { name: "tls-keylog", why: "writes the keys of connections to a file" },
  { name: "tls-min", prefix: true, why: "changes the accepted versions of TLS" },
  { name: "tls-max", prefix: true, why: "changes the accepted versions of TLS" },
  { name: "use-openssl-ca", why: "changes the certificates that are trusted" },
  { name: "use-bundled-ca", why: "changes the certificates that are trusted" },
  { name: "use-system-ca", why: "changes the certificates that are trusted" },
  { name: "log-net-log", why: "writes traffic to a file" },
  { name: "net-log-capture-mode", why: "writes traffic to a file" },
  { name: "enable-logging", why: "writes what pages do to the log" },
  { name: "log-file", why: "writes what pages do to the log" },
  { name: "v", why: "writes what pages do to the log" },
  { name: "vmodule", why: "writes what pages do to the log" },
  { name: "trace-startup", prefix: true, why: "writes what this program does to a file" },
  { name: "enable-tracing", prefix: true, why: "writes what this program does to a file" },
  { name: "openssl-config", why: "changes the rules of TLS" },
  { name: "insecure-http-parser", why: "lets ambiguous messages through" },
  { name: "disable-web-security", why: "lifts the separation of origins" },
  { name: "disable-site-isolation-trials", why: "lifts the separation of sites" },
  { name: "disable-features", why: "could switch a protection off" },
  { name: "enable-features", why: "could switch a protection off" },
  { name: "enable-blink-features", why: "could switch a protection off" },
  { name: "disable-blink-features", why: "could switch a protection off" },
  { name: "blink-settings", why: "could switch a protection off" },
  { name: "allow-file-access-from-files", why: "lifts the separation of origins" },
  { name: "no-sandbox", why: "takes the sandbox off pages" },
  { name: "disable-sandbox", why: "takes the sandbox off pages" },
  { name: "disable-setuid-sandbox", why: "takes the sandbox off pages" },
  { name: "disable-seccomp-filter-sandbox", why: "takes the sandbox off pages" },
  { name: "disable-gpu-sandbox", why: "takes the sandbox off drawing" },
  { name: "no-zygote", why: "takes the sandbox off pages" },
  { name: "single-process", why: "takes the sandbox off pages" },
  { name: "in-process-gpu", why: "takes the sandbox off drawing" },
  { name: "allow-sandbox-debugging", why: "opens a debugger on every page" },
  { name: "renderer-cmd-prefix", why: "starts a foreign program" },
  { name: "utility-cmd-prefix", why: "starts a foreign program" },
  { name: "zygote-cmd-prefix", why: "starts a foreign program" },
  { name: "gpu-launcher", why: "starts a foreign program" },
  { name: "browser-subprocess-path", why: "starts a foreign program" },
  { name: "load-extension", why: "loads foreign code" },
  { name: "js-flags", why: "changes how scripts run" },
  { name: "require", why: "loads foreign code" },
  { name: "import", why: "loads foreign code" },
  { name: "loader", why: "loads foreign code" },
  { name: "experimental-loader", why: "loads foreign code" },
  { name: "auth-server", prefix: true, why: "sends the user's Kerberos ticket without the checks of this program" },
  { name: "auth-negotiate", prefix: true, why: "sends the user's Kerberos ticket without the checks of this program" },
  { name: "use-fake-ui-for-media-stream", why: "grants permissions unasked" },
];

/** Commands take these as arguments of their own; the window does not. */
const DEVELOPMENT_SWITCHES: readonly Dangerous[] = [
  { name: "profile", why: "takes a profile from somewhere other than the policy of this machine" },
  { name: "demo", why: "runs the demonstration" },
];

export const DANGEROUS_ENVIRONMENT: readonly Dangerous[] = [
  { name: "NODE_OPTIONS", why: "changes how this program runs" },
  { name: "NODE_EXTRA_CA_CERTS", why: "changes the certificates that are trusted" },
  { name: "NODE_TLS_REJECT_UNAUTHORIZED", why: "accepts any certificate" },
  { name: "NODE_USE_SYSTEM_CA", why: "changes the certificates that are trusted" },
  { name: "NODE_V8_COVERAGE", why: "writes what this program does to a file" },
  { name: "NODE_DEBUG", prefix: true, why: "writes traffic to the log" },
  { name: "NODE_REPL_EXTERNAL_MODULE", why: "loads foreign code" },
  { name: "SSLKEYLOGFILE", why: "writes the keys of connections to a file" },
  { name: "OPENSSL_CONF", why: "changes the rules of TLS" },
  // The dynamic linker has obeyed these before any line of ours ran: finding them is detection, not prevention.
  { name: "LD_PRELOAD", why: "loads foreign code" },
  { name: "LD_AUDIT", why: "loads foreign code" },
  { name: "DYLD_INSERT_LIBRARIES", why: "loads foreign code" },
  { name: "ELECTRON_RUN_AS_NODE", why: "runs other programs under this one's name" },
  { name: "ELECTRON_ENABLE_LOGGING", why: "writes what pages do to the log" },
  { name: "ELECTRON_LOG_ASAR_READS", why: "writes what this program reads to a file" },
];

/**
 * Company machines set these for other programs, so they are no reason not to start. They name certificates to trust by
 * default; no TLS of ours has default roots (app/auth/tls-policy.ts), and what is taken out at the start reaches neither
 * a library in this process nor the processes it starts.
 */
const FORGOTTEN_ENVIRONMENT: readonly string[] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/** Takes out of the environment what is to have no effect. Runs before any TLS library could look. */
export function forgetCertificateVariables(environment: Record<string, string | undefined>): void {
  for (const name of Object.keys(environment)) {
    if (FORGOTTEN_ENVIRONMENT.includes(name.toUpperCase())) delete environment[name];
  }
}

/** A switch or variable found at the start of a packaged build, with what it would have done. */
export interface DangerousStart {
  readonly found: string;
  readonly why: string;
}

/**
 * The first switch or environment variable that a packaged build must not start with.
 *
 * Chromium takes `-name` and `--name` (and `/name` on Windows), in any case there; all are matched. What follows a
 * bare `--` is no switch.
 * @param words The command line after the executable.
 */
export function dangerousStart(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): DangerousStart | undefined {
  const end = words.indexOf("--");
  const table = readStart(words, true).command ? DANGEROUS_SWITCHES : [...DANGEROUS_SWITCHES, ...DEVELOPMENT_SWITCHES];
  for (const word of end < 0 ? words : words.slice(0, end)) {
    const name = switchName(word);
    const match = name === undefined ? undefined : find(table, name);
    if (match) return { found: `--${name}`, why: match.why };
  }
  for (const [name, value] of Object.entries(environment)) {
    const match = value === undefined || value === "" ? undefined : find(DANGEROUS_ENVIRONMENT, name.toUpperCase());
    if (match) return { found: name, why: match.why };
  }
  return undefined;
}

function find(table: readonly Dangerous[], name: string): Dangerous | undefined {
  return table.find((entry) => name === entry.name || (entry.prefix && name.startsWith(entry.name)));
}

/** The name of a switch in lower case with `_` as `-` (Node takes both), undefined for any other word. */
function switchName(word: string): string | undefined {
  const match = /^(?:--?|\/)([A-Za-z][A-Za-z0-9_.-]*)(?:=|$)/.exec(word);
  return match?.[1]?.toLowerCase().replaceAll("_", "-");
}

/**
 * Switches set for the browser engine at every start, before it is ready. Each closes a way by which the engine would
 * reach a network past the gateway, or hand out something about the user unasked.
 */
export const ENGINE_SWITCHES: readonly (readonly [name: string, value?: string])[] = [
  // A <link rel=dns-prefetch> asks the resolver past proxy and host-resolver-rules.
  ["blink-settings", "dnsPrefetchingEnabled=false"],
  // Names of candidates (WebRTC) go past the proxy; those under .local even past the resolver that is shut.
  ["host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  ["disable-quic"],
  ["disable-background-networking"],
  ["disable-component-update"],
  ["disable-domain-reliability"],
  ["disable-breakpad"],
  ["no-pings"],
  // UDP would go round the gateway.
  ["force-webrtc-ip-handling-policy", "disable_non_proxied_udp"],
  ["webrtc-ip-handling-policy", "disable_non_proxied_udp"],
  // Nothing of the user's Kerberos or Windows login answers a challenge unasked.
  ["auth-server-whitelist", "_"],
  ["auth-server-allowlist", "_"],
];

/** Features of the engine that send something unasked, joined with what the command line already switches off. */
export function disabledFeatures(already: string): string {
  return [...new Set([...already.split(",").filter((name) => name !== ""), ...DISABLED_FEATURES])].join(",");
}

const DISABLED_FEATURES: readonly string[] = [
  "Reporting",
  "NetworkErrorLogging",
  "NetworkTimeServiceQuerying",
  "CertificateTransparencyComponentUpdater",
  "OptimizationHints",
  "AutofillServerCommunication",
  "MediaRouter",
  "DialMediaRouteProvider",
  "Prerender2",
  "SpeculationRulesPrefetchProxy",
  "FedCm",
  "BackgroundFetch",
  "WebOTP",
  // Its responder announces this machine by multicast DNS, and asks there for the names of candidates.
  "WebRtcHideLocalIpsWithMdns",
];

/** A resolver that nobody can reach: the engine resolves no name, the gateway's dialer does. */
export const DEAD_RESOLVER = {
  enableBuiltInResolver: true,
  secureDnsMode: "secure",
  secureDnsServers: ["https://127.0.0.1:1/dns-query"],
} as const;

/** What the command line asks for. */
export interface StartWords {
  /** A command without a window, with its arguments. */
  readonly command?: readonly string[];
  /** Development only: the file of `--profile=FILE`. */
  readonly profile?: string;
  /** Development only. */
  readonly demo: boolean;
}

/**
 * Reads the command line after the executable; not packaged, its first word that is no switch is the app's path.
 *
 * The next word that is no switch decides: a plain word starts a command, known or not, and everything after it is
 * its own.
 */
export function readStart(words: readonly string[], packaged: boolean): StartWords {
  const path = packaged ? -1 : words.findIndex(isWord);
  const first = words.findIndex((word, index) => index > path && isWord(word));
  const word = words[first];
  const command = word !== undefined && isCommandWord(word) ? words.slice(first) : undefined;
  const own = command ? words.slice(0, first) : words;
  const profile = own.find((each) => each.startsWith("--profile="))?.slice("--profile=".length);
  return {
    ...(command ? { command } : {}),
    ...(profile && !packaged ? { profile } : {}),
    demo: !packaged && own.includes("--demo"),
  };
}

/** A plain word: no address, no file, no switch of Windows. */
function isCommandWord(word: string): boolean {
  return /^[a-z-]+$/.test(word);
}

function isWord(text: string): boolean {
  return !text.startsWith("-");
}
