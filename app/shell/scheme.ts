/** The interface's own scheme: `countersign://ui/…` serves the built renderer and nothing else. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Protocol, protocol, type Session } from "electron";
import { interfaceFile } from "./interface-file.ts";

export const UI_ORIGIN = "countersign://ui";
export const UI_ADDRESS = `${UI_ORIGIN}/index.html`;

/** Scripts and styles from the interface's own files, no connection anywhere, no frame around or inside. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Must run before the app is ready. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: "countersign", privileges: { standard: true, secure: true } }]);
}

/** Serves the files of `folder` to pages of `session`, with a strict policy; any other address is not found. */
export function serveInterface(session: Session, folder: string): void {
  const handler: Parameters<Protocol["handle"]>[1] = async (request) => {
    const file = interfaceFile(request.method, request.url);
    const content = file && (await readFile(join(folder, file.path)).catch(() => undefined));
    if (!content) return new Response("Not found", { status: 404 });
    return new Response(new Uint8Array(content), {
      headers: {
        "content-type": file.type,
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-store",
      },
    });
  };
  session.protocol.handle("countersign", handler);
}
