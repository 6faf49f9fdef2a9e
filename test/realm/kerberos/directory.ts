/** A real OpenLDAP on loopback with serviceConnectionPoint objects, its files in a temporary directory. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServerCredentials } from "../nginx.ts";
import { isTaken, withFreePort } from "../ports.ts";
import { startProcess } from "../process.ts";

export const SUFFIX = "DC=corp,DC=example";
export const SERVICES = `OU=Services,${SUFFIX}`;

/** Attributes of one object; an array for several values. */
export type EntryAttributes = Readonly<Record<string, string | readonly string[]>>;

export interface DirectoryOptions {
  readonly certificate: ServerCredentials;
  /** By distinguished name, parents first; what is no serviceConnectionPoint says its objectClass. */
  readonly entries: Readonly<Record<string, EntryAttributes>>;
  /** More lines for the database, e.g. `sizelimit 1`. */
  readonly configuration?: string;
}

export interface Directory {
  readonly port: number;
  /** Operations that it logged, e.g. `SRCH base="…"`, in their order. */
  operations(): readonly string[];
  /** The whole log of connections and operations. */
  log(): string;
  /** Resolves when all that has been answered so far is in the log. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Attributes and class with their names and object identifiers from [MS-ADA1], [MS-ADA3] and [MS-ADSC]. */
const SCHEMA = `
attributetype ( 1.2.840.113556.1.4.657 NAME 'serviceDNSName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.2.840.113556.1.4.659 NAME 'serviceDNSNameType' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.2.840.113556.1.4.509 NAME 'serviceClassName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.2.840.113556.1.4.510 NAME 'serviceBindingInformation' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.2.840.113556.1.4.48 NAME 'keywords' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.2.840.113556.1.5.94 NAME 'serviceConnectionPoint' SUP top STRUCTURAL MUST cn
  MAY ( serviceDNSName $ serviceDNSNameType $ serviceClassName $ serviceBindingInformation $ keywords ) )
`;

const configurationOf = (directory: string, more: string): string => `
include /etc/ldap/schema/core.schema
include ${join(directory, "scp.schema")}
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${join(directory, "slapd.pid")}
TLSCertificateFile ${join(directory, "server.pem")}
TLSCertificateKeyFile ${join(directory, "server.key")}
database mdb
suffix "${SUFFIX}"
directory ${join(directory, "data")}
maxsize 1048576
${more}
`;

const linesOf = (dn: string, attributes: EntryAttributes): string =>
  [
    `dn: ${dn}`,
    ...Object.entries(attributes).flatMap(([name, values]) =>
      // Base64, as LDIF has it for any text (RFC 2849).
      [values].flat().map((value) => `${name}:: ${Buffer.from(value).toString("base64")}`),
    ),
    "",
  ].join("\n");

function ldifOf(entries: DirectoryOptions["entries"]): string {
  const tree: DirectoryOptions["entries"] = {
    [SUFFIX]: { objectClass: ["dcObject", "organization"], o: "Corp", dc: "corp" },
    [SERVICES]: { objectClass: ["organizationalUnit"], ou: "Services" },
    ...entries,
  };
  return Object.entries(tree)
    .map(([dn, attributes]) => linesOf(dn, { objectClass: "serviceConnectionPoint", ...attributes }))
    .join("\n");
}

export async function startDirectory(options: DirectoryOptions): Promise<Directory> {
  const directory = mkdtempSync(join(tmpdir(), "countersign-directory-"));
  const path = (name: string) => join(directory, name);
  try {
    mkdirSync(path("data"), { mode: 0o700 });
    writeFileSync(path("server.pem"), options.certificate.chainPem);
    writeFileSync(path("server.key"), options.certificate.keyPem, { mode: 0o600 });
    writeFileSync(path("scp.schema"), SCHEMA);
    writeFileSync(path("slapd.conf"), configurationOf(directory, options.configuration ?? ""));
    writeFileSync(path("entries.ldif"), ldifOf(options.entries));
    execFileSync("/usr/sbin/slapadd", ["-f", path("slapd.conf"), "-l", path("entries.ldif")], { stdio: "pipe" });
    return await withFreePort(async (port) => {
      // Its log of connections and operations goes to standard error.
      const words = ["-c", 'exec "$0" "$@" 2>&1', "/usr/sbin/slapd", "-d", "stats", "-f", path("slapd.conf")];
      const server = await startProcess("/bin/sh", [...words, "-h", `ldaps://127.0.0.1:${port}/`], () => isTaken(port));
      return {
        port,
        log: () => server.standardOutput(),
        settled: async () => {
          // It logs in order: once it has told of this connection, it has told of all before.
          const probe = connect({ port, host: "127.0.0.1" });
          await once(probe, "connect");
          const accepted = `IP=127.0.0.1:${probe.localPort} `;
          probe.destroy();
          while (!server.standardOutput().includes(accepted)) await new Promise((resolve) => setTimeout(resolve, 5));
        },
        operations: () =>
          [...server.standardOutput().matchAll(/ op=\d+ (?!RESULT|SEARCH RESULT|STARTTLS)([A-Z]+\b.*)/g)].map(
            ([, operation = ""]) => operation,
          ),
        stop: async () => {
          await server.stop();
          rmSync(directory, { recursive: true, force: true });
        },
      };
    });
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}
