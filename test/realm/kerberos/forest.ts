/** Several realms that know of each other, each with a KDC of its own: some trust each other, some do not. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Kdc, type KdcOptions, startKdc } from "./kdc.ts";

export interface Trust {
  /** Users of this realm get tickets for services of the other. */
  readonly from: string;
  readonly to: string;
  /** The two KDCs have different keys for it: a trust that was set up wrongly. */
  readonly broken?: boolean;
}

export interface Forest {
  realm(name: string): Kdc;
  /** KRB5_CONFIG with all realms. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const configuration = (kdcs: readonly Kdc[]) => `[libdefaults]
  default_realm = ${kdcs[0]?.realm}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  udp_preference_limit = 1
  rdns = false
[realms]
${kdcs.map(({ realm, port }) => `  ${realm} = {\n    kdc = 127.0.0.1:${port}\n  }`).join("\n")}
[domain_realm]
${kdcs.map(({ realm }) => `  .${realm.toLowerCase()} = ${realm}`).join("\n")}
`;

export async function startForest(realms: readonly KdcOptions[], trusts: readonly Trust[]): Promise<Forest> {
  const kdcs = new Map<string, Kdc>();
  const directory = mkdtempSync(join(tmpdir(), "countersign-forest-"));
  const stop = async () => {
    await Promise.all([...kdcs.values()].map((kdc) => kdc.stop()));
    rmSync(directory, { recursive: true, force: true });
  };
  const realm = (name: string): Kdc => {
    const kdc = kdcs.get(name);
    if (kdc === undefined) throw new Error(`${name} is no realm of this forest`);
    return kdc;
  };
  try {
    for (const options of realms) kdcs.set(options.realm, await startKdc(options));
    for (const { from, to, broken = false } of trusts) {
      realm(from).admin(`addprinc -pw one-secret krbtgt/${to}@${from}`);
      realm(to).admin(`addprinc -pw ${broken ? "another-secret" : "one-secret"} krbtgt/${to}@${from}`);
    }
    const file = join(directory, "krb5.conf");
    writeFileSync(file, configuration([...kdcs.values()]));
    return { realm, env: { KRB5_CONFIG: file, KRB5RCACHETYPE: "none" }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
