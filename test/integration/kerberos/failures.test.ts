import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { GssPort } from "../../../app/auth/gss/port.ts";
import { createGssPort } from "../../../app/auth/gss/worker-pool.ts";
import { type Acceptor, startAcceptor } from "../../realm/kerberos/acceptor.ts";
import { startApache } from "../../realm/kerberos/apache.ts";
import type { Kdc } from "../../realm/kerberos/kdc.ts";
import { forkGssWorker } from "../../support/gss.ts";
import {
  ask,
  codeOf,
  expectationOf,
  leaf,
  open,
  PRINCIPAL,
  REALM,
  refusalOf,
  SERVICE,
  startPortal,
  startRealm,
  withGss,
} from "../../support/kerberos-scene.ts";

/** In a mount namespace of its own, names resolve as the file in $HOSTS has them. */
const LIE = 'mount --bind "$HOSTS" /etc/hosts';
const LATER = "HTTP/later.corp.example";

/** A ticket for the service, got without any server. */
const ticketFor = (gss: GssPort, spn: string) => {
  const context = gss.initiate({ spn, mechanism: "spnego", flags: ["mutual"] });
  return context.step().finally(() => context.dispose());
};

/** A TCP server in the place of a KDC. */
async function startFakeKdc(onRequest: (socket: Socket) => void): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => onRequest(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** KRB-ERROR (RFC 4120 §5.9.1) with this error code, with its length in front as over TCP (§7.2.2). */
function krbError(code: number): Buffer {
  const tlv = (tag: number, ...parts: readonly Buffer[]) => {
    const content = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([tag, content.length]), content]);
  };
  const text = (value: string) => tlv(0x1b, Buffer.from(value));
  const time = new Date().toISOString().replace(/[-:T]/g, "").slice(0, 14);
  const body = tlv(
    0x30,
    tlv(0xa0, Buffer.from("020105", "hex")),
    tlv(0xa1, Buffer.from("02011e", "hex")),
    tlv(0xa4, tlv(0x18, Buffer.from(`${time}Z`))),
    tlv(0xa5, Buffer.from("020100", "hex")),
    tlv(0xa6, Buffer.from([2, 1, code])),
    tlv(0xa9, text(REALM)),
    tlv(
      0xaa,
      tlv(
        0x30,
        tlv(0xa0, Buffer.from("020102", "hex")),
        tlv(0xa1, tlv(0x30, text("HTTP"), text("portal.corp.example"))),
      ),
    ),
  );
  const message = tlv(0x7e, body);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** The realm's configuration with another port for its KDC, and other defaults. */
function changedConfiguration(
  kdc: Kdc,
  directory: string,
  change: (text: string) => string,
  text: string,
): NodeJS.ProcessEnv {
  const file = join(directory, `krb5-${Math.random().toString(36).slice(2)}.conf`);
  writeFileSync(file, change(text));
  return { ...kdc.env, KRB5_CONFIG: file };
}

describe("what can be wrong with Kerberos, each with its own reason", () => {
  let kdc: Kdc;
  let configuration: string;
  let directory: string;
  before(async () => {
    kdc = await startRealm({ services: [SERVICE, LATER, "HTTP/evil.corp.example"] });
    configuration = await readFile(kdc.env.KRB5_CONFIG ?? "", "utf8");
    directory = mkdtempSync(join(tmpdir(), "countersign-krb5-"));
  });
  after(async () => {
    await kdc.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const withKdcAt = (port: number) =>
    changedConfiguration(kdc, directory, (text) => text.replaceAll(`:${kdc.port}`, `:${port}`), configuration);
  const ada = () => ({ ...kdc.env, KRB5CCNAME: kdc.login("ada") });

  it("no ticket", async () => {
    await withGss({ ...kdc.env, KRB5CCNAME: `FILE:${join(directory, "none")}` }, async (gss) => {
      assert.equal(await codeOf(ticketFor(gss, PRINCIPAL)), "kerberos.no-ticket");
      assert.equal(await codeOf(gss.credential()), "kerberos.no-ticket");
    });
  });

  it("a ticket, and what it says", async () => {
    await withGss(ada(), async (gss) => {
      const { principal, realm, expires } = await gss.credential();
      assert.deepEqual([principal, realm], ["ada@CORP.EXAMPLE", REALM]);
      assert.ok(expires > Date.now() + 50 * 60_000 && expires < Date.now() + 61 * 60_000);
    });
  });

  it("an expired ticket", async () => {
    const env = { ...kdc.env, KRB5CCNAME: kdc.login("ada", { lifetime: "1s" }) };
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await withGss(env, async (gss) => {
      assert.equal(await codeOf(ticketFor(gss, PRINCIPAL)), "kerberos.ticket-expired");
      assert.equal(await codeOf(gss.credential()), "kerberos.ticket-expired");
    });
  });

  it("a service that the KDC does not know", async () => {
    await withGss(ada(), async (gss) => {
      assert.equal(await codeOf(ticketFor(gss, `HTTP/unknown.corp.example@${REALM}`)), "server.spn-unknown");
      // The second time SPNEGO's layer numbers the status otherwise.
      assert.equal(await codeOf(ticketFor(gss, `HTTP/unknown.corp.example@${REALM}`)), "server.spn-unknown");
    });
  });

  it("a realm that no trust leads to", async () => {
    await withGss(ada(), async (gss) => {
      assert.equal(await codeOf(ticketFor(gss, "HTTP/portal.far.example@FAR.EXAMPLE")), "server.realm-unreachable");
    });
  });

  it("a KDC where nobody listens", async () => {
    const { port, stop } = await startFakeKdc(() => {});
    await stop();
    await withGss({ ...withKdcAt(port), KRB5CCNAME: kdc.login("ada") }, async (gss) => {
      assert.equal(await codeOf(ticketFor(gss, PRINCIPAL)), "kerberos.kdc-unreachable");
    });
  });

  it("an SPN on several accounts: a fake KDC answers error 8, which a real one of MIT never does", async () => {
    const fake = await startFakeKdc((socket) => socket.end(krbError(8)));
    const acceptor = await startAcceptor({ certificate: leaf, keytab: kdc.keytab([SERVICE]), env: kdc.env });
    try {
      await withGss({ ...withKdcAt(fake.port), KRB5CCNAME: kdc.login("ada") }, async (gss) => {
        assert.equal(await codeOf(ticketFor(gss, PRINCIPAL)), "server.spn-duplicate");
        assert.equal((await refusalOf(open(gss, expectationOf(acceptor.port)))).code, "server.spn-duplicate");
      });
      await acceptor.settled();
      assert.deepEqual(acceptor.requests(), [], "the server got no request");
    } finally {
      await acceptor.stop();
      await fake.stop();
    }
  });

  for (const [error, code] of [
    [7, "server.spn-unknown"],
    [37, "kerberos.clock-skew"],
  ] as const) {
    it(`the fake KDC's error ${error}, by which the reader of error 8 is checked`, async () => {
      const fake = await startFakeKdc((socket) => socket.end(krbError(error)));
      try {
        await withGss({ ...withKdcAt(fake.port), KRB5CCNAME: kdc.login("ada") }, async (gss) => {
          assert.equal(await codeOf(ticketFor(gss, PRINCIPAL)), code);
        });
      } finally {
        await fake.stop();
      }
    });
  }

  it("a resolver that lies does not change the name, whatever krb5.conf allows it", async () => {
    const canonicalising = (text: string) =>
      text.replace("rdns = false", "rdns = true\n  dns_canonicalize_hostname = true");
    const env = changedConfiguration(kdc, directory, canonicalising, configuration);
    const hosts = join(directory, "hosts");
    writeFileSync(hosts, "127.0.0.1 evil.corp.example portal.corp.example\n");
    const lied = { ...env, KRB5CCNAME: kdc.login("ada"), HOSTS: hosts, NODE: process.execPath };
    // Control: a client that imports a host-based name asks for the liar's ticket.
    const rewritten = execFileSync("unshare", ["-m", "sh", "-c", `${LIE} && kvno -S HTTP portal.corp.example`], {
      env: { ...process.env, ...lied },
      encoding: "utf8",
    });
    assert.match(rewritten, /^HTTP\/evil\.corp\.example@/);
    const spawn = () =>
      forkGssWorker({ ...process.env, ...lied }, [
        "unshare",
        "-m",
        "sh",
        "-c",
        `${LIE} && exec "$NODE" --import tsx "$0"`,
      ]);
    const gss = createGssPort({ spawn });
    const acceptor = await startAcceptor({ certificate: leaf, keytab: kdc.keytab([SERVICE]), env: kdc.env });
    try {
      const channel = await open(gss, expectationOf(acceptor.port));
      const mutual = channel.evidence.find(({ kind }) => kind === "kerberos.mutual");
      assert.equal(mutual?.kind === "kerberos.mutual" && mutual.principal, PRINCIPAL);
      channel.destroy();
    } finally {
      gss.dispose();
      await acceptor.stop();
    }
  });

  it("10,000 contexts, half of them with a wrong answer, leave nothing in memory", async () => {
    const pids: number[] = [];
    // A small heap of its own, so that what grows is not JavaScript's.
    const node = [process.execPath, "--max-old-space-size=24", "--max-semi-space-size=1", "--import", "tsx"];
    const spawn = () => forkGssWorker({ ...process.env, ...ada() }, node, (pid) => pids.push(pid));
    const gss = createGssPort({ spawn, workers: 1, timeout: 60_000 });
    const residentKilobytes = async () =>
      Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pids[0]}/status`, "utf8"))?.[1]);
    const run = async (count: number) => {
      for (let done = 0; done < count; done += 20) {
        await Promise.all(
          Array.from({ length: 20 }, async (_, index) => {
            const context = gss.initiate({ spn: PRINCIPAL, mechanism: "spnego", flags: ["mutual"] });
            const { token } = await context.step();
            assert.ok(token !== undefined);
            if (index % 2 === 0) assert.equal(await codeOf(context.step(token)), "server.token-invalid");
            context.dispose();
          }),
        );
      }
      await gss.credential();
    };
    try {
      await run(2_000);
      const before = await residentKilobytes();
      await run(8_000);
      const growth = (await residentKilobytes()) - before;
      assert.equal(pids.length, 1);
      // One token each would be 8,000 × 1.2 kB and more.
      assert.ok(growth < 8_000, `${growth} kB more`);
    } finally {
      gss.dispose();
    }
  });

  it("names that are no principals never become tickets", async () => {
    await withGss(ada(), async (gss) => {
      for (const spn of [
        "HTTP@portal.corp.example",
        SERVICE,
        "",
        "HTTP/portal.corp.example@",
        `${PRINCIPAL}\\n`,
        `${PRINCIPAL}@X`,
      ]) {
        assert.notEqual(await codeOf(ticketFor(gss, spn)), "none", spn);
      }
    });
  });

  it("twenty contexts that hang on a KDC hold up nothing else of the process, and end in time", async () => {
    const acceptor = await startAcceptor({ certificate: leaf, keytab: kdc.keytab([SERVICE]), env: kdc.env });
    const fake = await startFakeKdc(() => {});
    try {
      await withGss(
        { ...withKdcAt(fake.port), KRB5CCNAME: kdc.login("ada") },
        async (gss) => {
          const hung = Array.from({ length: 20 }, () => codeOf(ticketFor(gss, PRINCIPAL)));
          let ended = 0;
          for (const one of hung)
            void one.then(() => {
              ended += 1;
            });
          await withGss(ada(), async (other) => {
            assert.ok((await ticketFor(other, PRINCIPAL)).token);
            await lookup("localhost");
            await readFile("/etc/hostname");
            const channel = await open(other, expectationOf(acceptor.port));
            assert.equal((await ask(channel)).status, 200);
            channel.destroy();
            const portal = await startPortal(other, acceptor.port);
            try {
              assert.equal((await portal.fetch({})).status, 200, "the gateway serves its pages");
            } finally {
              await portal.close();
            }
          });
          assert.equal(ended, 0, "they hung meanwhile");
          assert.deepEqual(new Set(await Promise.all(hung)), new Set(["kerberos.timeout"]));
        },
        { timeout: 5_000 },
      );
    } finally {
      await acceptor.stop();
      await fake.stop();
    }
  });

  describe("at the server", () => {
    const serve = async (keytab: string, use: (acceptor: Acceptor, gss: GssPort) => Promise<void>, env = ada()) => {
      const acceptor = await startAcceptor({ certificate: leaf, keytab, env: kdc.env });
      try {
        await withGss(env, (gss) => use(acceptor, gss));
        assert.deepEqual(acceptor.broken(), []);
      } finally {
        await acceptor.stop();
      }
    };

    it("a keytab without the service's key", async () => {
      await serve(kdc.keytab([LATER]), async ({ port }, gss) => {
        assert.equal((await refusalOf(open(gss, expectationOf(port)))).code, "server.keytab");
      });
    });

    it("a keytab with the key of before", async () => {
      const keytab = kdc.keytab([SERVICE]);
      kdc.admin(`cpw -randkey ${SERVICE}`);
      await serve(keytab, async ({ port }, gss) => {
        assert.equal((await refusalOf(open(gss, expectationOf(port)))).code, "server.key-version");
      });
    });

    it("Apache says what is wrong with its key, too", async () => {
      const certificate = leaf;
      const apache = await startApache({ certificate, keytab: kdc.keytab([LATER]), env: kdc.env, mode: "connection" });
      try {
        await withGss(ada(), async (gss) => {
          assert.equal((await refusalOf(open(gss, expectationOf(apache.port)))).code, "server.keytab");
        });
        assert.ok(apache.requests().every(({ status, user }) => status === 401 && user === "-"));
      } finally {
        await apache.stop();
      }
    });

    it("the ticket's end is the verdict's", async () => {
      const env = { ...kdc.env, KRB5CCNAME: kdc.login("ada", { lifetime: "90s" }) };
      await serve(
        kdc.keytab([SERVICE]),
        async ({ port }, gss) => {
          const channel = await open(gss, expectationOf(port));
          assert.ok(channel.verdict.lapsesAt <= Date.now() + 90_000);
          channel.destroy();
        },
        env,
      );
    });

    it("delegates only where the profile says so, and only after the server's proof", async () => {
      kdc.admin(`modprinc +ok_as_delegate ${SERVICE}`);
      const acceptor = await startAcceptor({ certificate: leaf, keytab: kdc.keytab([SERVICE]), env: kdc.env });
      try {
        await withGss({ ...kdc.env, KRB5CCNAME: kdc.login("ada", { forwardable: true }) }, async (gss) => {
          (await open(gss, expectationOf(acceptor.port))).destroy();
          (await open(gss, expectationOf(acceptor.port, { delegate: true }))).destroy();
        });
        await acceptor.settled();
        const delegated = acceptor.requests().filter(({ token }) => token);
        assert.deepEqual(
          delegated.map(({ delegated: given }) => given),
          [false, false, true],
        );
      } finally {
        await acceptor.stop();
      }
    });

    it("an impostor that does not answer the proof is not delegated to", async () => {
      const keytab = kdc.keytab([SERVICE]);
      const acceptor = await startAcceptor({ certificate: leaf, keytab, env: kdc.env, fault: "strip" });
      try {
        await withGss({ ...kdc.env, KRB5CCNAME: kdc.login("ada", { forwardable: true }) }, async (gss) => {
          const refusal = await refusalOf(open(gss, expectationOf(acceptor.port, { delegate: true })));
          assert.equal(refusal.code, "server.no-mutual-token");
        });
        await acceptor.settled();
        assert.deepEqual(
          acceptor.requests().map(({ delegated }) => delegated),
          [false],
        );
      } finally {
        await acceptor.stop();
      }
    });
  });
});
