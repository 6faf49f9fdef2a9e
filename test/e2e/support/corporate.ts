/** A company's portal for end-to-end tests: a real KDC, an Apache that wants a token with each request, an impostor. */
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeAuthority } from "../../realm/certificates.ts";
import { type Apache, startApache } from "../../realm/kerberos/apache.ts";
import { type Kdc, startKdc } from "../../realm/kerberos/kdc.ts";
import { type RelayingImpostor, startRelayingImpostor } from "../../realm/kerberos/relay.ts";

const HOST = "portal.corp.example";
const REALM = "CORP.EXAMPLE";
const SERVICE = `HTTP/${HOST}`;

export const PRINCIPAL = `${SERVICE}@${REALM}`;
export const USER = `ada@${REALM}`;

export interface Corporate {
  readonly profile: string;
  readonly origin: string;
  /** For the app: the realm's configuration and where the user's tickets are. */
  readonly env: Readonly<Record<string, string>>;
  readonly apache: Apache;
  readonly impostor: RelayingImpostor;
  /** Puts a fresh ticket where the app looks for it: ada's, unless another user is named. */
  kinit(user?: string, lifetime?: string): void;
  kdestroy(): void;
  stop(): Promise<void>;
}

const site = (id: string, name: string, port: number, pin: string) => ({
  id,
  name,
  origins: [`https://${HOST}:${port}`],
  addresses: ["127.0.0.1"],
  server: { pins: [pin], spn: { class: "HTTP", realm: REALM } },
  client: { method: "kerberos", delegate: false },
});

/** @param folder for the profile and the user's tickets */
export async function startCorporate(folder: string): Promise<Corporate> {
  const authority = makeAuthority({ subject: "CN=Corp CA" });
  const names = { dns: [HOST] };
  const genuine = authority.issue({ names });
  const kdc: Kdc = await startKdc({ realm: REALM, users: { ada: "secret", eve: "secret2" }, services: [SERVICE] });
  const keytab = kdc.keytab([SERVICE]);
  const apache = await startApache({ certificate: genuine, keytab, env: kdc.env, mode: "request" });
  const impostor = await startRelayingImpostor(authority.issue({ names }), apache.port);
  const profile = join(folder, "corporate.json");
  const sites = [
    site("portal", "Corporate portal", apache.port, genuine.pin),
    site("hijacked", "Hijacked line", impostor.port, genuine.pin),
  ];
  writeFileSync(
    profile,
    JSON.stringify({ version: 1, serial: 1, organization: "Example Corp", sites, unlisted: "refuse" }),
  );
  const tickets = join(folder, "tickets");
  return {
    profile,
    origin: `https://${HOST}:${apache.port}`,
    env: { ...kdc.env, KRB5CCNAME: `FILE:${tickets}` },
    apache,
    impostor,
    kinit: (user = "ada", lifetime = "1h") =>
      copyFileSync(kdc.login(user, { lifetime }).replace(/^FILE:/, ""), tickets),
    kdestroy: () => rmSync(tickets),
    stop: async () => {
      await impostor.stop();
      await apache.stop();
      await kdc.stop();
    },
  };
}
