/** A real Apache with mod_auth_gssapi on loopback, its files in a temporary directory. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServerCredentials } from "../nginx.ts";
import { isTaken, withFreePort } from "../ports.ts";
import { startProcess } from "../process.ts";

export interface ApacheOptions {
  readonly certificate: ServerCredentials;
  readonly keytab: string;
  /** KRB5_CONFIG of the realm. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether a user is known by the connection, by each request's token, or by a session cookie as well. */
  readonly mode: "connection" | "request" | "session";
  /** Served from the document root, by path. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** More lines for the server. */
  readonly configuration?: string;
}

export interface ApacheRequest {
  readonly request: string;
  readonly status: number;
  readonly user: string;
}

export interface Apache {
  readonly port: number;
  requests(): readonly ApacheRequest[];
  errors(): string;
  stop(): Promise<void>;
}

const MODULES = "/usr/lib/apache2/modules";
const MODE: Readonly<Record<ApacheOptions["mode"], string>> = {
  connection: "GssapiConnectionBound On",
  request: "GssapiConnectionBound Off",
  session: "GssapiUseSessions On\n    Session On\n    SessionCookieName gssapi path=/;httponly;secure;",
};

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}</html>\n`;

const PAGES: Readonly<Record<string, string>> = {
  "index.html": page(
    "Corporate portal",
    '<form method="post" action="/saved.html"><label>Note <input name="note" id="note"></label><button>Save</button></form>',
  ),
  "saved.html": page("Saved", "<p>Thank you.</p>"),
};

const configurationOf = (directory: string, port: number, options: ApacheOptions): string => `
ServerRoot ${directory}
ServerName localhost
PidFile ${join(directory, "apache.pid")}
DefaultRuntimeDir ${directory}
Mutex file:${directory}
Listen 127.0.0.1:${port}
ErrorLog ${join(directory, "error.log")}
LogLevel warn auth_gssapi:info
User www-data
Group www-data
${[
  "mpm_event",
  "authn_core",
  "authz_core",
  "authz_user",
  "ssl",
  "mime",
  "dir",
  "alias",
  "socache_shmcb",
  "session",
  "session_cookie",
  "auth_gssapi",
  "actions",
  "headers",
]
  .map((name) => `LoadModule ${name}_module ${join(MODULES, `mod_${name}.so`)}`)
  .join("\n")}
TypesConfig /etc/mime.types
DirectoryIndex index.html
KeepAlive On
MaxKeepAliveRequests 0
StartServers 1
LogFormat "{\\"request\\":\\"%r\\",\\"status\\":%>s,\\"user\\":\\"%u\\"}" record
CustomLog ${join(directory, "access.log")} record
SSLEngine on
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCertificateFile ${join(directory, "server.pem")}
SSLCertificateKeyFile ${join(directory, "server.key")}
DocumentRoot ${join(directory, "pages")}
<Location />
  AuthType GSSAPI
  AuthName "Corporate portal"
  GssapiCredStore keytab:${join(directory, "keytab")}
  GssapiAllowedMech krb5
  ${MODE[options.mode]}
  Require valid-user
</Location>
${options.configuration ?? ""}
`;

function writeTree(directory: string, options: ApacheOptions): void {
  chmodSync(directory, 0o755);
  writeFileSync(join(directory, "server.pem"), options.certificate.chainPem);
  writeFileSync(join(directory, "server.key"), options.certificate.keyPem, { mode: 0o600 });
  copyFileSync(options.keytab, join(directory, "keytab"));
  chmodSync(join(directory, "keytab"), 0o644);
  mkdirSync(join(directory, "pages"));
  for (const [name, content] of Object.entries({ ...PAGES, ...options.files })) {
    writeFileSync(join(directory, "pages", name), content);
  }
}

function parseLog(text: string): readonly ApacheRequest[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ApacheRequest);
}

export async function startApache(options: ApacheOptions): Promise<Apache> {
  const directory = mkdtempSync(join(tmpdir(), "countersign-apache-"));
  const path = (name: string) => join(directory, name);
  writeTree(directory, options);
  const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...options.env };
  try {
    return await withFreePort(async (port) => {
      writeFileSync(path("apache.conf"), configurationOf(directory, port, options));
      const words = ["-X", "-f", path("apache.conf"), "-E", path("start.log")];
      const server = await startProcess("/usr/sbin/apache2", words, () => isTaken(port), environment);
      return {
        port,
        requests: () => parseLog(readFileSync(path("access.log"), "utf8")),
        errors: () => readFileSync(path("error.log"), "utf8"),
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
