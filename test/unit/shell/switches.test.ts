import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  DANGEROUS_ENVIRONMENT,
  DANGEROUS_SWITCHES,
  DEAD_RESOLVER,
  dangerousStart,
  disabledFeatures,
  ENGINE_SWITCHES,
  forgetCertificateVariables,
  readStart,
} from "../../../app/shell/switches.ts";

const REFUSED = [
  "--remote-debugging-port=9222",
  "--remote-debugging-pipe",
  "--remote-debugging-address=0.0.0.0",
  "--remote-allow-origins=*",
  "--inspect",
  "--inspect=0.0.0.0:9229",
  "--inspect-brk",
  "--inspect-brk-node",
  "--inspect-publish-uid=http",
  "--inspect_brk",
  "--debug-port=1",
  "--proxy-server=evil:1",
  "--proxy-pac-url=http://evil/",
  "--proxy-bypass-list=*",
  "--proxy-auto-detect",
  "--no-proxy-server",
  "--host-rules=MAP * evil",
  "--host-resolver-rules=MAP * evil",
  "--ignore-certificate-errors",
  "--ignore-certificate-errors-spki-list=x",
  "--allow-insecure-localhost",
  "--ssl-key-log-file=/tmp/keys",
  "--tls-keylog=/tmp/keys",
  "--tls-min-v1.0",
  "--log-net-log=/tmp/net",
  "--net-log-capture-mode=Everything",
  "--enable-logging=stderr",
  "--log-file=/tmp/log",
  "--v=2",
  "--vmodule=*/net/*=3",
  "--trace-startup=*",
  "--trace-startup-file=/tmp/trace",
  "--enable-tracing=*",
  "--openssl-config=/tmp/openssl.cnf",
  "--insecure-http-parser",
  "--disable-web-security",
  "--disable-site-isolation-trials",
  "--disable-features=IsolateOrigins",
  "--enable-features=X",
  "--enable-blink-features=X",
  "--blink-settings=dnsPrefetchingEnabled=true",
  "--no-sandbox",
  "--disable-setuid-sandbox",
  "--no-zygote",
  "--single-process",
  "--renderer-cmd-prefix=gdb",
  "--utility-cmd-prefix=gdb",
  "--gpu-launcher=gdb",
  "--browser-subprocess-path=/tmp/x",
  "--load-extension=/tmp/x",
  "--js-flags=--expose-gc",
  "--require=/tmp/x.js",
  "--import=/tmp/x.mjs",
  "--custom-devtools-frontend=x",
  "--enable-automation",
  "--auto-open-devtools-for-tabs",
  "--unsafely-treat-insecure-origin-as-secure=http://x",
  "--allow-running-insecure-content",
  "--origin-to-force-quic-on=x:443",
  "--tls-max-v1.2",
  "--use-openssl-ca",
  "--use-bundled-ca",
  "--use-system-ca",
  "--disable-blink-features=X",
  "--allow-file-access-from-files",
  "--disable-sandbox",
  "--disable-seccomp-filter-sandbox",
  "--disable-gpu-sandbox",
  "--in-process-gpu",
  "--allow-sandbox-debugging",
  "--zygote-cmd-prefix=gdb",
  "--loader=/tmp/x.mjs",
  "--experimental-loader=/tmp/x.mjs",
  "--use-fake-ui-for-media-stream",
  "--auth-server-whitelist=*",
  "--auth-server-allowlist=*",
  "--auth-negotiate-delegate-whitelist=*",
  "--profile=/tmp/p.json",
  "--demo",
];

for (const word of REFUSED) {
  test(`a packaged build refuses ${word}`, () => {
    assert.ok(dangerousStart([word], {}));
    assert.ok(dangerousStart(["--lang=de", word.toUpperCase().replace(/=.*/, "")], {}), "in any case");
    assert.ok(dangerousStart([word.replace("--", "-")], {}), "with one hyphen");
    assert.ok(dangerousStart([word.replace("--", "/")], {}), "as Windows writes it");
  });
}

const REFUSED_VARIABLES = [
  "NODE_OPTIONS",
  "NODE_EXTRA_CA_CERTS",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "NODE_DEBUG",
  "NODE_DEBUG_NATIVE",
  "SSLKEYLOGFILE",
  "NODE_USE_SYSTEM_CA",
  "NODE_V8_COVERAGE",
  "NODE_REPL_EXTERNAL_MODULE",
  "LD_PRELOAD",
  "LD_AUDIT",
  "DYLD_INSERT_LIBRARIES",
  "OPENSSL_CONF",
  "ELECTRON_RUN_AS_NODE",
  "ELECTRON_ENABLE_LOGGING",
  "ELECTRON_LOG_ASAR_READS",
  "sslkeylogfile",
];

for (const name of REFUSED_VARIABLES) {
  test(`a packaged build refuses ${name} in the environment`, () => {
    assert.equal(dangerousStart([], { PATH: "/bin", [name]: "1" })?.found, name);
    assert.equal(dangerousStart([], { [name]: "" }), undefined);
    assert.equal(dangerousStart([], { [name]: undefined }), undefined);
  });
}

test("every word of the tables has its row here", () => {
  const rows = REFUSED.map((word) => word.slice(2).replace(/=.*/, "").replaceAll("_", "-"));
  const has = (name: string, prefix?: true) => rows.some((row) => row === name || (prefix && row.startsWith(name)));
  assert.deepEqual(
    DANGEROUS_SWITCHES.filter(({ name, prefix }) => !has(name, prefix)),
    [],
  );
  const missing = DANGEROUS_ENVIRONMENT.filter(({ name }) => !REFUSED_VARIABLES.includes(name));
  assert.deepEqual(missing, []);
});

test("variables that name certificates are no reason not to start, and are taken out", () => {
  const environment: Record<string, string | undefined> = {
    PATH: "/bin",
    SSL_CERT_FILE: "/etc/ssl/certs/ca-certificates.crt",
    SSL_CERT_DIR: "/etc/ssl/certs",
    ssl_cert_file: "/x",
  };
  assert.equal(dangerousStart([], environment), undefined);
  forgetCertificateVariables(environment);
  assert.deepEqual(environment, { PATH: "/bin" });
});

test("an ordinary start is not refused", () => {
  assert.equal(dangerousStart([], { PATH: "/bin", DISPLAY: ":0", LANG: "de_DE.UTF-8" }), undefined);
  const harmless = ["--ozone-platform=headless", "--disable-gpu", "--lang=de", "--force-device-scale-factor=2"];
  assert.equal(dangerousStart(harmless, {}), undefined);
  assert.equal(dangerousStart(["--user-data-dir=/home/x"], {}), undefined);
});

test("commands take --profile as their own, and nothing else that is refused", () => {
  const words = ["--ozone-platform=headless", "check", "https://bank.test/", "--profile", "p.json", "--json"];
  assert.equal(dangerousStart(words, {}), undefined);
  assert.ok(dangerousStart([...words, "--ignore-certificate-errors"], {}));
  assert.ok(dangerousStart([...words, "--remote-debugging-port=1"], {}));
});

test("what follows a bare -- is no switch", () => {
  assert.equal(dangerousStart(["check", "--", "--no-sandbox"], {}), undefined);
  assert.ok(dangerousStart(["--no-sandbox", "--", "x"], {}));
});

test("a refused switch is refused wherever it stands", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z./-]{0,12}$/)), fc.constantFrom(...REFUSED), (others, word) => {
      // A word that is no switch would be a command, and what follows it its own.
      const before = others.filter((each) => each !== "--" && each.startsWith("-"));
      return dangerousStart([...before, word], {}) !== undefined;
    }),
  );
});

test("the command line names a command, a development profile, the demo", () => {
  assert.deepEqual(readStart([], true), { demo: false });
  assert.deepEqual(readStart(["--x", "check", "u", "--profile=p"], true), {
    command: ["check", "u", "--profile=p"],
    demo: false,
  });
  assert.deepEqual(readStart(["--x", "/app", "--demo", "keystore", "list"], false), {
    command: ["keystore", "list"],
    demo: true,
  });
  assert.deepEqual(readStart(["/app", "--demo", "--profile=/p.json"], false), { demo: true, profile: "/p.json" });
  assert.deepEqual(readStart(["/check", "nonsense"], false), { demo: false, command: ["nonsense"] });
  assert.deepEqual(readStart(["https://bank.example/"], true), { demo: false });
});

test("packaged, neither the profile nor the demo comes from the command line", () => {
  assert.deepEqual(readStart(["--demo", "--profile=/p.json"], true), { demo: false });
});

test("the engine is told to keep to the gateway", () => {
  const told = new Map(ENGINE_SWITCHES.map(([name, value = ""]) => [name, value]));
  assert.equal(told.get("blink-settings"), "dnsPrefetchingEnabled=false");
  for (const name of ["disable-quic", "disable-background-networking", "no-pings"]) assert.ok(told.has(name), name);
  assert.deepEqual(DEAD_RESOLVER.secureDnsServers, ["https://127.0.0.1:1/dns-query"]);
  assert.equal(DEAD_RESOLVER.secureDnsMode, "secure");
});

test("features that are switched off already stay so", () => {
  const features = disabledFeatures("A,Reporting").split(",");
  assert.equal(new Set(features).size, features.length);
  for (const name of ["A", "Reporting", "NetworkErrorLogging"]) assert.ok(features.includes(name), name);
});
