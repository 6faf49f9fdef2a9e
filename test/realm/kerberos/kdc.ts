/** A real MIT KDC on loopback with a database, keytabs and a krb5.conf of its own in a temporary directory. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTaken, withFreePort } from "../ports.ts";
import { type ServerProcess, startProcess } from "../process.ts";

export interface KdcOptions {
  readonly realm: string;
  /** Users by name with their passwords. */
  readonly users: Readonly<Record<string, string>>;
  /** Service principals without realm, e.g. `HTTP/portal.corp.example`; each gets a random key. */
  readonly services: readonly string[];
  /** Lines for `[libdefaults]`, e.g. `dns_canonicalize_hostname = true`. */
  readonly defaults?: readonly string[];
  /** `max_life` of tickets, as kadmin writes it; default `10h 0m 0s`. */
  readonly lifetime?: string;
  /** More of the KDC's environment, e.g. another clock. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Kdc {
  readonly realm: string;
  readonly port: number;
  /** KRB5_CONFIG and KRB5_KDC_PROFILE: for clients and servers of this realm. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes the keys of these service principals to a file of its own. */
  keytab(services: readonly string[]): string;
  /** A credential cache with a ticket for this user. @returns KRB5CCNAME */
  login(user: string, options?: { readonly lifetime?: string; readonly forwardable?: boolean }): string;
  /** Runs one command of kadmin.local. */
  admin(command: string): string;
  /** Ends the KDC's process; its port stays unanswered. */
  pause(): Promise<void>;
  /** Starts it again, on the same port and database. */
  resume(environment?: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

const configuration = (options: KdcOptions, directory: string, port: number) => `[libdefaults]
  default_realm = ${options.realm}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  udp_preference_limit = 1
  ${options.defaults?.join("\n  ") ?? "rdns = false"}
[realms]
  ${options.realm} = {
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  .${options.realm.toLowerCase()} = ${options.realm}
[logging]
  kdc = FILE:${join(directory, "kdc.log")}
`;

const kdcProfile = (options: KdcOptions, directory: string, port: number) => `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${options.realm} = {
    database_name = ${join(directory, "principal")}
    key_stash_file = ${join(directory, "stash")}
    acl_file = ${join(directory, "acl")}
    max_life = ${options.lifetime ?? "10h 0m 0s"}
    supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
  }
[logging]
  kdc = FILE:${join(directory, "kdc.log")}
`;

let files = 0;

/** Starts a realm of its own. */
export async function startKdc(options: KdcOptions): Promise<Kdc> {
  const directory = mkdtempSync(join(tmpdir(), "countersign-kdc-"));
  // Servers of this realm run as other users and read krb5.conf.
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, "files"), { mode: 0o700 });
  const env = {
    KRB5_CONFIG: join(directory, "krb5.conf"),
    KRB5_KDC_PROFILE: join(directory, "kdc.conf"),
    KRB5RCACHETYPE: "none",
  };
  const run = (program: string, words: readonly string[], extra: object = {}, input?: string) =>
    execFileSync(program, [...words], {
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...env, ...extra },
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
      ...(input === undefined ? {} : { input }),
    });
  const admin = (command: string) => run("kadmin.local", ["-r", options.realm, "-q", command]);
  const fresh = (name: string) => {
    files += 1;
    return join(directory, "files", `${name}-${files}`);
  };

  let server: ServerProcess;
  let created = false;
  const start = async (port: number, environment = options.environment): Promise<ServerProcess> => {
    writeFileSync(env.KRB5_CONFIG, configuration(options, directory, port));
    writeFileSync(env.KRB5_KDC_PROFILE, kdcProfile(options, directory, port));
    if (!created) {
      created = true;
      run("kdb5_util", ["create", "-s", "-r", options.realm, "-P", "master"]);
      for (const [user, password] of Object.entries(options.users)) admin(`addprinc -pw ${password} ${user}`);
      for (const service of options.services) admin(`addprinc -randkey ${service}`);
    }
    return startProcess("/usr/sbin/krb5kdc", ["-n", "-r", options.realm], () => isTaken(port), {
      ...process.env,
      ...env,
      ...environment,
    });
  };
  try {
    const port = await withFreePort(async (candidate) => {
      server = await start(candidate);
      return candidate;
    });
    return {
      realm: options.realm,
      port,
      env,
      admin,
      keytab(services) {
        const file = fresh("keytab");
        for (const service of services) admin(`ktadd -k ${file} -norandkey ${service}`);
        return file;
      },
      login(user, { lifetime = "1h", forwardable = false } = {}) {
        const cache = `FILE:${fresh("ccache")}`;
        const password = options.users[user];
        if (password === undefined) throw new Error(`${user} is no user of ${options.realm}`);
        run(
          "kinit",
          [forwardable ? "-f" : "-F", "-l", lifetime, `${user}@${options.realm}`],
          { KRB5CCNAME: cache },
          `${password}\n`,
        );
        return cache;
      },
      pause: () => server.stop(),
      resume: async (environment) => {
        server = await start(port, environment);
      },
      stop: async () => {
        await server.stop();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}
