import type { PageRequest } from "./exchange.ts";
import { valuesOf } from "./fields.ts";

const READING = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether the request is a form on its way: a document is asked for by a method that gives something. Such a request
 * goes over a channel opened for it, so that the server proves itself just before. The engine sets the field itself
 * (Fetch Metadata, W3C); a script cannot.
 */
export function isFormSubmission(request: PageRequest): boolean {
  if (READING.has(request.method)) return false;
  return valuesOf(request.fields, "sec-fetch-mode").some((mode) => mode.toLowerCase() === "navigate");
}
