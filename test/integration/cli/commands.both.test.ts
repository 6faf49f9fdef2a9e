/** The commands against real servers, with a keystore in memory; under Node's OpenSSL and Electron's BoringSSL. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { createImpostorWatch } from "../../../app/auth/impostor-watch.ts";
import { createOpener } from "../../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../../app/auth/server-certificate.ts";
import { type CommandParts, commandParts } from "../../../app/cli/io.ts";
import { runCommand } from "../../../app/cli/run-command.ts";
import { createDialer } from "../../../app/gateway/dialer.ts";
import { LearnedImpostors } from "../../../app/hostile/learned.ts";
import type { Keychain } from "../../../app/keystore/identity.ts";
import { createKeystore } from "../../../app/keystore/keystore.ts";
import { type Certificate, CLIENT_LEAF, makeAuthority } from "../../realm/certificates.ts";
import { type Nginx, startNginx } from "../../realm/nginx.ts";
import { makePkcs12 } from "../../realm/pkcs12.ts";

const HOST = "bank.example";
const authority = makeAuthority({ subject: "CN=Bank CA" });
const genuine = authority.issue({ names: { dns: [HOST] } });
const impostor = authority.issue({ names: { dns: [HOST] } });
const clients = makeAuthority({ subject: "CN=Example Client CA,O=Example Bank" });
const identity = clients.issue({ ...CLIENT_LEAF, subject: "CN=Ada Example" });

/** Answers what it received. */
const echo = createServer(async (request, response) => {
  response.write(`${request.method} ${request.headers["content-type"]} `);
  for await (const chunk of request) response.write(chunk);
  response.end();
});

let folder: string;
const servers: Nginx[] = [];
let verifying: Nginx;
let trusting: Nginx;
let silent: Nginx;
let strange: Nginx;
let withIdentity: CommandParts;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "countersign-commands-"));
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  const { port } = echo.address() as AddressInfo;
  const configuration = `location = /echo { proxy_pass http://127.0.0.1:${port}; } location = /missing { return 404 gone; }`;
  const start = async (certificate: Certificate, verify: "on" | "optional_no_ca" | "off") => {
    const nginx = await startNginx({ certificate, verify, clientAuthorityPem: clients.certificatePem, configuration });
    servers.push(nginx);
    return nginx;
  };
  verifying = await start(genuine, "on");
  trusting = await start(genuine, "optional_no_ca");
  silent = await start(genuine, "off");
  strange = await start(impostor, "on");
  withIdentity = await partsWith(identity);
});
after(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  echo.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A keystore with its entries in memory, and these identities in it. */
async function partsWith(...identities: readonly Certificate[]): Promise<CommandParts> {
  const entries = new Map<string, string>();
  const keychain: Keychain = {
    get: async (account) => entries.get(account),
    set: async (account, secret) => void entries.set(account, secret),
    delete: async (account) => entries.delete(account),
  };
  const keystore = createKeystore(keychain, Date.now);
  for (const each of identities) await keystore.importPkcs12(makePkcs12(each, { passphrase: "p" }), "p");
  return { ...commandParts(), keystore: () => keystore, profileSources: [] };
}

async function run(words: readonly string[], parts?: CommandParts): Promise<Ran> {
  const texts = { out: "", err: "" };
  const sink = (name: "out" | "err") =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString("latin1");
        done();
      },
    });
  const io = { stdin: Readable.from([]), stdout: sink("out"), stderr: sink("err") };
  const code = await runCommand(words, io, parts ?? withIdentity);
  return { code, ...texts };
}

function profileFile(port: number, change: Record<string, unknown> = {}): string {
  const path = join(folder, `${port}-${readdirSync(folder).length}.json`);
  const site = {
    id: "bank",
    name: "Online banking",
    origins: [`https://${HOST}:${port}`],
    addresses: ["127.0.0.1"],
    server: { pins: [genuine.pin], anchors: [authority.certificatePem] },
    client: { method: "certificate", issuer: "CN=Example Client CA,O=Example Bank" },
    ...change,
  };
  writeFileSync(
    path,
    JSON.stringify({ version: 1, serial: 1, organization: "Example Bank", sites: [site], hostile: ["evil.example"] }),
  );
  return path;
}

const urlOf = ({ port }: Nginx, path = "/"): string => `https://${HOST}:${port}${path}`;

async function check(nginx: Nginx, change: Record<string, unknown> = {}, parts?: CommandParts) {
  const { code, out } = await run(
    ["check", urlOf(nginx), "--profile", profileFile(nginx.port, change), "--json"],
    parts,
  );
  return { exit: code, report: JSON.parse(out) };
}

describe("check", () => {
  it("authenticates a server that verifies, and finds out that it does", async () => {
    const { exit, report } = await check(verifying);
    assert.equal(exit, 0, JSON.stringify(report));
    assert.deepEqual([report.verdict, report.code, report.site], ["authenticated", null, "bank"]);
    assert.equal(report.channel.serverCertificate.pin, genuine.pin);
    assert.equal(report.channel.identity.fingerprint, identity.fingerprint);
    assert.ok(report.timings.total > 0);
    assert.deepEqual(
      report.beliefs.map(({ status }: { status: string }) => status),
      ["derived", "derived", "derived"],
    );
    assert.deepEqual(report.serverVerifies, {
      answer: "yes",
      withoutCertificate: { outcome: "refused", how: "HTTP 400" },
      foreignCertificate: { outcome: "refused", how: "HTTP 400" },
    });
  });

  it("offered a foreign certificate with the expected issuer's name, and no other identity's", () => {
    const verified = verifying
      .requests()
      .map(({ clientVerify, clientSubject }) => [clientVerify.split(":")[0], clientSubject]);
    assert.deepEqual(verified, [
      ["SUCCESS", "CN=Ada Example"],
      ["NONE", ""],
      ["FAILED", "CN=Countersign check"],
    ]);
  });

  it("finds out that a server takes anybody, and says so for people too", async () => {
    const { exit, report } = await check(trusting);
    assert.equal(exit, 0);
    assert.deepEqual(report.serverVerifies, {
      answer: "no",
      withoutCertificate: { outcome: "accepted", how: "HTTP 200" },
      foreignCertificate: { outcome: "accepted", how: "HTTP 200" },
    });
    const { out } = await run(["check", urlOf(trusting), "--profile", profileFile(trusting.port)]);
    assert.match(out, /^authenticated: https:.*\n/);
    assert.match(out, /this server verifies what it asks for: no/);
  });

  for (const { half, sees, without, foreign, says } of [
    {
      half: "the absence of a certificate",
      sees: "NONE",
      without: { outcome: "refused", how: "HTTP 403" },
      foreign: { outcome: "accepted", how: "HTTP 200" },
      says: /answered one whose certificate nobody issued: /,
    },
    {
      half: "a foreign certificate",
      sees: "FAILED",
      without: { outcome: "accepted", how: "HTTP 200" },
      foreign: { outcome: "refused", how: "HTTP 403" },
      says: /answered a client that showed no certificate: /,
    },
  ]) {
    it(`finds out that a server turns down only ${half}`, async () => {
      const server = await startNginx({
        certificate: genuine,
        verify: "optional_no_ca",
        clientAuthorityPem: clients.certificatePem,
        configuration: `if ($ssl_client_verify ~ "^${sees}") { return 403; }`,
      });
      servers.push(server);
      const { exit, report } = await check(server);
      assert.deepEqual([exit, report.verdict], [0, "authenticated"], JSON.stringify(report));
      const expected = { answer: "no", withoutCertificate: without, foreignCertificate: foreign };
      assert.deepEqual(report.serverVerifies, expected);
      assert.match(report.it, says);
    });
  }

  it("proves the second way, too, of a site that splits its channels", async () => {
    const split = { channels: "split", secondPath: { localAddress: "127.0.0.3" } };
    const { exit, report } = await check(verifying, split);
    assert.equal(exit, 0, JSON.stringify(report));
    const closed = { channels: "split", secondPath: { addresses: ["127.0.0.2"] } };
    const refused = await check(verifying, closed);
    assert.deepEqual([refused.exit, refused.report.code], [10, "network.unreachable"]);
    assert.match(refused.report.it, /127\.0\.0\.2/);
  });

  it("refuses an impostor before it learns who the user is, and offers it nothing else", async () => {
    const { exit, report } = await check(strange);
    assert.deepEqual([exit, report.verdict, report.code], [10, "refused", "server.pin-mismatch"]);
    assert.equal(report.channel.serverCertificate.pin, impostor.pin);
    assert.equal(report.serverVerifies, null);
    assert.notEqual(report.remedy, null);
    assert.deepEqual(strange.requests(), []);
  });

  it("refuses a server that does not ask who the user is", async () => {
    const { exit, report } = await check(silent);
    assert.deepEqual([exit, report.code], [10, "client.not-requested"]);
    assert.deepEqual(silent.requests(), []);
  });

  it("refuses for want of an identity", async () => {
    const { exit, report } = await check(verifying, {}, await partsWith());
    assert.deepEqual([exit, report.code], [10, "client.no-identity"]);
  });

  it("asks for no certificate where a form is the user's proof", async () => {
    const { exit, report } = await check(silent, { client: { method: "form" } }, await partsWith());
    assert.equal(exit, 0, JSON.stringify(report));
    assert.deepEqual(
      report.beliefs.map(({ status }: { status: string }) => status),
      ["derived", "derived", "not required"],
    );
    assert.equal(report.serverVerifies, null);
    assert.deepEqual(silent.requests(), []);
  });

  for (const [url, exit, verdict, code] of [
    ["https://other.example/", 10, "refused", "site.unlisted"],
    ["https://www.evil.example/x", 11, "hostile", "site.hostile"],
    ["http://evil.example/", 11, "hostile", "site.hostile"],
    ["http://bank.example/", 10, "refused", "address.insecure"],
  ] as const) {
    it(`${url}: ${verdict}, exit ${exit}`, async () => {
      const ran = await run(["check", url, "--profile", profileFile(verifying.port), "--json"]);
      const report = JSON.parse(ran.out);
      assert.deepEqual([ran.code, report.verdict, report.code], [exit, verdict, code]);
    });
  }

  it("ends with 2 for an unusable profile, a missing one and words it cannot read", async () => {
    const wrong = await check(verifying, { server: { pins: [] } });
    assert.deepEqual([wrong.exit, wrong.report.code], [2, "profile.invalid"]);
    assert.equal(wrong.report.problems[0].path, "$.sites[0].server.pins");
    for (const words of [
      ["check", urlOf(verifying)],
      ["check", urlOf(verifying), "--profile", join(folder, "none")],
      ["check"],
      ["check", "a b", "--profile", profileFile(1)],
    ]) {
      assert.equal((await run(words)).code, 2, words.join(" "));
    }
  });
});

describe("profile validate --json", () => {
  it("prints every problem of an invalid profile as one object", async () => {
    const path = profileFile(verifying.port, { server: { pins: ["sha256/short"] }, colour: "red" });
    const { code, out, err } = await run(["profile", "validate", path, "--json"]);
    const { message, remedy, it: forIt, ...report } = JSON.parse(out);
    assert.deepEqual([code, err], [2, ""]);
    assert.deepEqual(report, {
      file: path,
      valid: false,
      code: "profile.invalid",
      problems: [
        { path: "$.sites[0].server.pins[0]", value: '"sha256/short"', expected: report.problems[0]?.expected },
        { path: "$.sites[0].colour", value: '"red"', expected: report.problems[1]?.expected },
      ],
    });
    assert.match(report.problems[0]?.expected ?? "", /^sha256\/ and the base64/);
    assert.match(report.problems[1]?.expected ?? "", /^no such key/);
    for (const sentence of [message, remedy, forIt]) assert.match(sentence, /\w/);
  });

  it("says in the same shape that a file is no JSON, or not there", async () => {
    const path = join(folder, "broken.json");
    writeFileSync(path, '{"version": 1,');
    const broken = await run(["profile", "validate", path, "--json"]);
    const { valid, code, problems } = JSON.parse(broken.out);
    assert.deepEqual([broken.code, valid, code, problems], [2, false, "profile.invalid", []]);
    const missing = await run(["profile", "validate", join(folder, "none"), "--json"]);
    assert.deepEqual([missing.code, JSON.parse(missing.out).code], [2, "profile.missing"]);
  });
});

describe("what is learned of impostors", () => {
  const key = impostor.pin;
  const learning = () => ({
    ...withIdentity,
    ...commandParts({ impostorFolder: join(folder, "impostors") }),
    keystore: withIdentity.keystore,
  });

  it("a check judges by the profile alone: nothing is learned, and what was learned changes no code", async () => {
    assert.equal((await run(["hostile", "list"], learning())).out, "no flagged servers\n");
    for (const _again of [1, 2]) {
      const { exit, report } = await check(strange, {}, learning());
      assert.deepEqual([exit, report.code], [10, "server.pin-mismatch"]);
    }
    assert.equal((await run(["hostile", "list"], learning())).out, "no flagged servers\n");
    assert.deepEqual(strange.requests(), []);
    await meet();
    assert.equal((await check(strange, {}, learning())).report.code, "server.pin-mismatch");
  });

  it("a server that only its name would recognise is refused for its flagged key", async () => {
    const byName = {
      server: { spn: { class: "HTTP", realm: "EXAMPLE" }, binding: "enforced" },
      client: { method: "kerberos" },
    };
    const { exit, report } = await check(strange, byName, learning());
    assert.deepEqual([exit, report.code, report.verdict], [11, "server.known-impostor", "hostile"], report.it);
    assert.deepEqual(strange.requests(), []);
  });

  it("it is listed, exported, and forgotten on demand", async () => {
    const { out } = await run(["hostile", "list"], learning());
    assert.match(out, new RegExp(`answered as: https://${HOST}:${strange.port} \\(bank\\) at 127\\.0\\.0\\.1`));
    const [entry] = JSON.parse((await run(["hostile", "list", "--json"], learning())).out);
    assert.deepEqual([entry.key, entry.times], [key, 1]);
    const file = join(folder, "export.json");
    assert.equal((await run(["hostile", "export", "-o", file], learning())).code, 0);
    const exported = JSON.parse(readFileSync(file, "utf8"));
    assert.deepEqual(exported.impostors, [entry]);
    assert.deepEqual(JSON.parse((await run(["hostile", "export"], learning())).out).impostors, [entry]);
    assert.equal((await run(["hostile", "remove", key], learning())).code, 0);
    assert.equal((await run(["hostile", "remove", key], learning())).code, 2, "it is gone");
    assert.equal((await run(["hostile", "list"], learning())).out, "no flagged servers\n");
  });

  /** As the window would have met it. */
  async function meet(): Promise<void> {
    const memory = new LearnedImpostors({ folder: join(folder, "impostors"), trouble: assert.fail });
    const opener = createOpener({
      dialer: createDialer(),
      authenticators: [serverCertificateAuthenticator()],
      clock: Date.now,
      impostors: createImpostorWatch({ memory, listed: () => [] }),
    });
    const to = {
      site: "bank",
      origin: `https://${HOST}:${strange.port}`,
      host: HOST,
      port: strange.port,
      addresses: ["127.0.0.1"],
      role: "site",
      server: { pins: [genuine.pin], anchors: [] },
      client: { method: "form" },
    } as const;
    await assert.rejects(opener.open(to, new AbortController().signal), { code: "server.pin-mismatch" });
    await memory.settled();
  }
});

describe("fetch", () => {
  const fetch = (nginx: Nginx, path: string, words: readonly string[] = [], change = {}) =>
    run(["fetch", urlOf(nginx, path), "--profile", profileFile(nginx.port, change), ...words]);

  it("writes the body, and nothing else, to standard output", async () => {
    assert.deepEqual(await fetch(verifying, "/whoami"), { code: 0, out: "SUCCESS CN=Ada Example\n", err: "" });
  });

  it("sends a method and data", async () => {
    const form = "application/x-www-form-urlencoded";
    assert.equal(
      (await fetch(verifying, "/echo", ["-d", "a=b&c=é"])).out,
      `POST ${form} ${Buffer.from("a=b&c=é").toString("latin1")}`,
    );
    assert.equal((await fetch(verifying, "/echo", ["-X", "PUT", "-d", "x"])).out, `PUT ${form} x`);
    assert.deepEqual(await fetch(verifying, "/upload", ["-X", "HEAD"]), { code: 0, out: "", err: "" });
  });

  it("gives a status of the server's own as an answer, with a word on standard error", async () => {
    assert.deepEqual(await fetch(verifying, "/missing"), { code: 0, out: "gone", err: "HTTP 404 Not Found\n" });
  });

  it("writes a file that appears only when it is whole", async () => {
    const output = join(folder, "account.html");
    assert.equal((await fetch(verifying, "/account.html", ["-o", output])).code, 0);
    assert.match(readFileSync(output, "utf8"), /Balance/);
    assert.equal(
      readdirSync(folder).some((name) => name.endsWith(".part")),
      false,
    );
  });

  it("refuses an impostor and sends it nothing", async () => {
    const { code, out, err } = await fetch(strange, "/account.html", ["-d", "secret=1"]);
    assert.deepEqual([code, out], [10, ""]);
    assert.match(err, /^refused \(server\.pin-mismatch\): /);
    assert.deepEqual(strange.requests(), []);
  });

  it("keeps a declared subresource read-only", async () => {
    const origin = `https://${HOST}:${silent.port}`;
    const change = {
      origins: ["https://main.example"],
      subresources: [{ origin, addresses: ["127.0.0.1"], server: { pins: [genuine.pin] } }],
    };
    assert.equal((await fetch(silent, "/account.html", [], change)).code, 0);
    for (const [path, words] of [
      ["/account.html", ["-d", "x=1"]],
      ["/account.html?leak=1", []],
    ] as const) {
      const { code, err } = await fetch(silent, path, words, change);
      assert.equal(code, 10, err);
      assert.match(err, /site\.read-only/);
    }
    assert.equal(silent.requests().length, 1);
  });

  for (const [url, code] of [
    ["https://other.example/", 10],
    ["https://evil.example/", 11],
  ] as const) {
    it(`${url}: exit ${code}`, async () => {
      assert.equal((await run(["fetch", url, "--profile", profileFile(verifying.port)])).code, code);
    });
  }

  it("ends when the reader closes the pipe", async () => {
    const stdout = new PassThrough();
    stdout.destroy(Object.assign(new Error("closed"), { code: "EPIPE" }));
    const stderr = new PassThrough();
    const words = ["fetch", urlOf(verifying, "/account.html"), "--profile", profileFile(verifying.port)];
    const code = await runCommand(words, { stdin: Readable.from([]), stdout, stderr }, withIdentity);
    assert.equal(typeof code, "number");
  });
});
