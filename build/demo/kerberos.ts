/** The part of the demo that needs a KDC: a portal with Kerberos and an impostor that would relay its tickets. */
import { existsSync } from "node:fs";
import type { Authority } from "../../test/realm/certificates.ts";
import { startApache } from "../../test/realm/kerberos/apache.ts";
import { startKdc } from "../../test/realm/kerberos/kdc.ts";
import { startRelayingImpostor } from "../../test/realm/kerberos/relay.ts";
import { staffPortalPages } from "./pages.ts";

const HOST = "portal.meridian.test";
const REALM = "MERIDIAN.TEST";
const SERVICE = `HTTP/${HOST}`;
const USER = "robin";
const PROGRAMS = [
  "/usr/sbin/krb5kdc",
  "/usr/sbin/kdb5_util",
  "/usr/sbin/kadmin.local",
  "/usr/bin/kinit",
  "/usr/sbin/apache2",
  "/usr/lib/apache2/modules/mod_auth_gssapi.so",
];

export interface KerberosDemo {
  /** Entries of the profile. */
  readonly sites: readonly object[];
  /** For the app: the realm's configuration and where the user's ticket is. */
  readonly env: Readonly<Record<string, string>>;
  /** Whom the portal has answered, by the names that it knows them by, and what the impostor has received. */
  readonly letIn: () => readonly string[];
  readonly impostorReceived: () => string;
  stop(): Promise<void>;
}

/** @returns undefined, having said why in one line, where this machine has no KDC and no Apache */
export async function startKerberosDemo(servers: Authority): Promise<KerberosDemo | undefined> {
  const missing = PROGRAMS.filter((program) => !existsSync(program));
  if (missing.length === 0) return start(servers);
  console.log(`demo: without the Kerberos portal and its impostor, which need ${missing.join(", ")}`);
  return undefined;
}

async function start(servers: Authority): Promise<KerberosDemo> {
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const each of running.splice(0).reverse()) await each.stop();
  };
  try {
    const names = { dns: [HOST] };
    const genuine = servers.issue({ subject: `CN=${HOST}`, names });
    const kdc = await startKdc({ realm: REALM, users: { [USER]: "demo" }, services: [SERVICE] });
    running.push(kdc);
    const keytab = kdc.keytab([SERVICE]);
    const files = staffPortalPages();
    const apache = await startApache({ certificate: genuine, keytab, env: kdc.env, mode: "request", files });
    running.push(apache);
    const thief = await startRelayingImpostor(servers.issue({ subject: `CN=${HOST}`, names }), apache.port);
    running.push(thief);
    const site = (id: string, name: string, port: number) => ({
      id,
      name,
      origins: [`https://${HOST}:${port}`],
      addresses: ["127.0.0.1"],
      server: { pins: [genuine.pin], spn: { class: "HTTP", realm: REALM } },
      client: { method: "kerberos", delegate: false },
    });
    return {
      sites: [site("portal", "Staff portal", apache.port), site("thief", "Ticket thief", thief.port)],
      env: { ...kdc.env, KRB5CCNAME: kdc.login(USER, { lifetime: "10h" }) },
      letIn: () => apache.requests().flatMap(({ user }) => (user === "-" ? [] : [user])),
      impostorReceived: () => thief.received(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
