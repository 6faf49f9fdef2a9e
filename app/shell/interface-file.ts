import { extname } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** The file that an address names: one level of folders, plain names, a known type; undefined for anything else. */
export function interfaceFile(method: string, address: string): { path: string; type: string } | undefined {
  if (method !== "GET") return undefined;
  const match = /^countersign:\/\/ui\/((?:[A-Za-z0-9_-]+\/)?[A-Za-z0-9_-][A-Za-z0-9._-]*)$/.exec(address);
  const path = match?.[1];
  const type = path && TYPES[extname(path)];
  return path && type ? { path, type } : undefined;
}
