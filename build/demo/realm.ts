/**
 * The demo's world: four real TLS servers on loopback with certificates made for this run, where a KDC is installed a
 * Kerberos portal as well, the profile that IT would have installed, and the customer's identity as a PKCS#12 file.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { type Authority, type Certificate, CLIENT_LEAF, makeAuthority } from "../../test/realm/certificates.ts";
import { makePkcs12 } from "../../test/realm/pkcs12.ts";
import { type KerberosDemo, startKerberosDemo } from "./kerberos.ts";
import { bankPage, hostilePage, impostorPage, silentPage } from "./pages.ts";

const BANK = "banking.meridian.test";
const STAFF = "staff.meridian.test";
const HOSTILE = "meridian-prize.test";
const CUSTOMER = "Robin Example";

export interface DemoRealm {
  /** The profile, as a file. */
  readonly profile: string;
  readonly identity: { readonly file: string; readonly passphraseFile: string };
  readonly addresses: { readonly hostile: string; readonly unlisted: string };
  readonly kerberos: KerberosDemo | undefined;
  stop(): Promise<void>;
}

type Page = (customer: string) => string;

async function serve(certificate: Certificate, options: ServerOptions, page: Page): Promise<[Server, number]> {
  const server = createServer(
    { minVersion: "TLSv1.2", key: certificate.keyPem, cert: certificate.chainPem, ...options },
    (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate();
      const name = peer?.subject?.CN;
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
      response.end(request.method === "HEAD" ? undefined : page(Array.isArray(name) ? (name[0] ?? "") : (name ?? "")));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return [server, (server.address() as AddressInfo).port];
}

const named = (authority: Authority, host: string): Certificate =>
  authority.issue({ subject: `CN=${host}`, names: { dns: [host] } });

/** Starts the servers and writes the profile and the identity into a folder of their own. */
export async function startDemoRealm(): Promise<DemoRealm> {
  const servers = makeAuthority({ subject: "CN=Meridian Server CA" });
  const clients = makeAuthority({ subject: "CN=Meridian Customer CA" });
  const genuine = named(servers, BANK);
  const staff = named(servers, STAFF);
  const asksForCertificates = { requestCert: true, rejectUnauthorized: true, ca: clients.certificatePem };

  const [hostile, hostilePort] = await serve(named(servers, HOSTILE), {}, hostilePage);
  const hostileAddress = `https://${HOSTILE}:${hostilePort}/`;
  const [bank, bankPort] = await serve(genuine, asksForCertificates, (name) =>
    bankPage(name, { hostile: hostileAddress }),
  );
  // Right name, right authority, right dates; only the key is another one.
  const [impostor, impostorPort] = await serve(named(servers, BANK), asksForCertificates, impostorPage);
  const [silent, silentPort] = await serve(staff, {}, silentPage);

  const kerberos = await startKerberosDemo(servers);

  const site = (id: string, name: string, host: string, port: number, pin: string) => ({
    id,
    name,
    origins: [`https://${host}:${port}`],
    addresses: ["127.0.0.1"],
    server: { pins: [pin], anchors: [servers.certificatePem] },
    client: { method: "certificate", issuer: "CN=Meridian Customer CA" },
  });
  const profile = {
    version: 1,
    serial: 1,
    organization: "Meridian Bank (demo)",
    sites: [
      site("bank", "Meridian Bank", BANK, bankPort, genuine.pin),
      site("hijacked", "Hijacked line", BANK, impostorPort, genuine.pin),
      site("staff", "Staff directory", STAFF, silentPort, staff.pin),
      ...(kerberos?.sites ?? []),
    ],
    hostile: [hostileAddress],
    unlisted: "refuse",
  };

  const folder = mkdtempSync(join(tmpdir(), "countersign-demo-"));
  const files = {
    profile: join(folder, "profile.json"),
    identity: join(folder, "robin-example.p12"),
    passphrase: join(folder, "passphrase"),
  };
  writeFileSync(files.profile, JSON.stringify(profile, null, 2));
  const customer = clients.issue({ ...CLIENT_LEAF, subject: `CN=${CUSTOMER},O=Meridian Bank` });
  writeFileSync(files.identity, makePkcs12(customer, { passphrase: "demo", name: CUSTOMER }), { mode: 0o600 });
  writeFileSync(files.passphrase, "demo", { mode: 0o600 });

  return {
    profile: files.profile,
    identity: { file: files.identity, passphraseFile: files.passphrase },
    addresses: { hostile: hostileAddress, unlisted: "https://somewhere-else.test/" },
    kerberos,
    async stop() {
      await kerberos?.stop();
      for (const server of [hostile, bank, impostor, silent]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
