import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TlsProtocol } from "../../app/core/evidence.ts";
import { isTaken, withFreePort } from "./ports.ts";
import { startProcess } from "./process.ts";

/** A server's certificate with its key, as nginx reads them. */
export interface ServerCredentials {
  /** PEM, leaf first. */
  readonly chainPem: string;
  readonly keyPem: string;
}

export interface NginxOptions {
  readonly certificate: ServerCredentials;
  /** `on` refuses clients without a good certificate by HTTP 400; `optional_no_ca` takes any. Default `on`. */
  readonly verify?: "on" | "optional" | "optional_no_ca" | "off";
  /** PEM of the authority of clients' certificates; needed unless `verify` is `off`. */
  readonly clientAuthorityPem?: string;
  /** Default both. */
  readonly protocols?: readonly TlsProtocol[];
  /** Served from the document root, by path, e.g. `{ "about.html": "…" }`; on top of the portal's own pages. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** More lines for the server block, e.g. a `location` of one's own. */
  readonly configuration?: string;
  /** DER of an OCSP response to staple. */
  readonly staple?: Buffer;
}

/** One line of the access log: what reached the server. */
export interface NginxRequest {
  readonly request: string;
  readonly status: number;
  /** `SUCCESS`, `FAILED:reason` or `NONE`. */
  readonly clientVerify: string;
  readonly clientSubject: string;
  readonly host: string;
  readonly cookie: string;
  readonly authorization: string;
  readonly userAgent: string;
  /** Octets of request line, headers and body. */
  readonly received: number;
  readonly connection: number;
  readonly protocol: string;
  readonly sessionReused: boolean;
}

export interface Nginx {
  readonly port: number;
  readonly pid: number;
  requests(): readonly NginxRequest[];
  errors(): string;
  stop(): Promise<void>;
}

const LOG_FORMAT = `'{"request":"$request","status":$status,"clientVerify":"$ssl_client_verify",'
    '"clientSubject":"$ssl_client_s_dn","host":"$http_host","cookie":"$http_cookie",'
    '"authorization":"$http_authorization","userAgent":"$http_user_agent","received":$request_length,'
    '"connection":$connection,"protocol":"$ssl_protocol","reused":"$ssl_session_reused"}'`;

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}</html>\n`;

/** A small portal: a login form, a cookie, a redirect to the account, who the server thinks the client is. */
const PAGES: Readonly<Record<string, string>> = {
  "index.html": page(
    "Example Bank",
    '<form method="post" action="/login"><input name="user"><input name="password" type="password"><button>Log in</button></form>',
  ),
  "account.html": page("Your account", "<p>Balance: 42.00</p>"),
};

function configurationOf(directory: string, port: number, options: NginxOptions): string {
  const verify = options.verify ?? "on";
  const clientAuthority = verify === "off" ? "" : `ssl_client_certificate ${join(directory, "clients.pem")};`;
  const staple =
    options.staple === undefined ? "" : `ssl_stapling on; ssl_stapling_file ${join(directory, "staple.der")};`;
  return `daemon off;
master_process off;
${process.getuid?.() === 0 ? "user root;" : ""}
pid ${join(directory, "nginx.pid")};
error_log ${join(directory, "error.log")} info;
events { worker_connections 4096; }
http {
  log_format record escape=json ${LOG_FORMAT};
  access_log ${join(directory, "access.log")} record;
  types { text/html html; text/javascript js; text/css css; application/json json; image/png png; }
  default_type application/octet-stream;
  client_body_temp_path ${join(directory, "body")};
  proxy_temp_path ${join(directory, "proxy")};
  fastcgi_temp_path ${join(directory, "fastcgi")};
  uwsgi_temp_path ${join(directory, "uwsgi")};
  scgi_temp_path ${join(directory, "scgi")};
  client_max_body_size 0;
  keepalive_requests 100000;
  absolute_redirect off;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${join(directory, "server.pem")};
    ssl_certificate_key ${join(directory, "server.key")};
    ssl_protocols ${(options.protocols ?? ["TLSv1.2", "TLSv1.3"]).join(" ")};
    ${clientAuthority}
    ssl_verify_client ${verify};
    ssl_verify_depth 3;
    ${staple}
    root ${join(directory, "pages")};
    location = /whoami { default_type text/plain; return 200 "$ssl_client_verify $ssl_client_s_dn\\n"; }
    location = /login { add_header Set-Cookie "session=s3cr3t; Secure; HttpOnly; SameSite=Lax; Path=/"; return 303 /account.html; }
    location = /logout { add_header Set-Cookie "session=; Max-Age=0; Path=/"; return 303 /; }
    location = /upload { return 204; }
    ${options.configuration ?? ""}
  }
}
`;
}

function writeTree(directory: string, options: NginxOptions): void {
  writeFileSync(join(directory, "server.pem"), options.certificate.chainPem);
  writeFileSync(join(directory, "server.key"), options.certificate.keyPem, { mode: 0o600 });
  writeFileSync(join(directory, "clients.pem"), options.clientAuthorityPem ?? "");
  if (options.staple !== undefined) {
    writeFileSync(join(directory, "staple.der"), options.staple);
  }
  for (const [name, content] of Object.entries({ ...PAGES, ...options.files })) {
    const path = join(directory, "pages", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

function parseLog(text: string): readonly NginxRequest[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { reused, ...entry } = JSON.parse(line) as Omit<NginxRequest, "sessionReused"> & { reused: string };
      return { ...entry, sessionReused: reused === "r" };
    });
}

async function start(directory: string, port: number, options: NginxOptions): Promise<Nginx> {
  const configuration = join(directory, "nginx.conf");
  writeFileSync(configuration, configurationOf(directory, port, options));
  const errorLog = join(directory, "error.log");
  const words = ["-p", directory, "-e", errorLog, "-c", configuration];
  const server = await startProcess("/usr/sbin/nginx", words, () => isTaken(port));
  return {
    port,
    pid: server.pid,
    requests: () => parseLog(readFileSync(join(directory, "access.log"), "utf8")),
    errors: () => readFileSync(errorLog, "utf8"),
    stop: async () => {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A real nginx on loopback with its files in a temporary directory. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), "countersign-nginx-"));
  writeTree(directory, options);
  try {
    return await withFreePort((port) => start(directory, port, options));
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}
