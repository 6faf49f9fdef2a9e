/** The Kerberos servers of the bench: a KDC, an Apache that knows connections, one that wants a token each time. */
import { existsSync } from "node:fs";
import { makeAuthority } from "../realm/certificates.ts";
import { startApache } from "../realm/kerberos/apache.ts";
import { startKdc } from "../realm/kerberos/kdc.ts";
import type { PortalFacts } from "./portal.ts";

const HOST = "portal.corp.example";
const REALM = "CORP.EXAMPLE";
const SERVICE = `HTTP/${HOST}`;
const PROGRAMS = [
  "/usr/sbin/krb5kdc",
  "/usr/sbin/kadmin.local",
  "/usr/bin/kinit",
  "/usr/sbin/apache2",
  "/usr/lib/apache2/modules/mod_auth_gssapi.so",
  "/usr/bin/curl",
];

/** What a client of one of the two servers is given; plain data for child processes. */
export interface KerberosFacts extends Pick<PortalFacts, "host" | "port" | "origin" | "profile"> {
  readonly rootPem: string;
  /** KRB5_CONFIG and KRB5CCNAME. */
  readonly env: Readonly<Record<string, string>>;
  /** Bundle of the process that calls the library. */
  readonly worker: string;
}

export interface KerberosPortal {
  readonly knowsConnections: KerberosFacts;
  readonly wantsTokens: KerberosFacts;
  stop(): Promise<void>;
}

/** What this machine lacks for the measure. */
export const missingPrograms = (): readonly string[] => PROGRAMS.filter((program) => !existsSync(program));

/** @param worker bundle of the process that calls the library */
export async function startKerberosPortal(worker: string): Promise<KerberosPortal> {
  const authority = makeAuthority({ subject: "CN=Corp CA" });
  const certificate = authority.issue({ names: { dns: [HOST] } });
  const kdc = await startKdc({ realm: REALM, users: { ada: "secret" }, services: [SERVICE] });
  const common = { certificate, keytab: kdc.keytab([SERVICE]), env: kdc.env };
  const connection = await startApache({ ...common, mode: "connection" });
  const request = await startApache({ ...common, mode: "request" });
  const env = { ...kdc.env, KRB5CCNAME: kdc.login("ada") };
  const server = {
    pins: [certificate.pin],
    anchors: [authority.certificatePem],
    spn: { class: "HTTP", realm: REALM },
  };
  const facts = (port: number): KerberosFacts => {
    const origin = `https://${HOST}:${port}`;
    const client = { method: "kerberos", delegate: false };
    const site = { id: "portal", name: "Portal", origins: [origin], addresses: ["127.0.0.1"], server, client };
    const profile = { version: 1, serial: 1, organization: "Example Corp", sites: [site] };
    return { host: HOST, port, origin, profile, rootPem: authority.certificatePem, env, worker };
  };
  return {
    knowsConnections: facts(connection.port),
    wantsTokens: facts(request.port),
    stop: async () => {
      await request.stop();
      await connection.stop();
      await kdc.stop();
    },
  };
}
