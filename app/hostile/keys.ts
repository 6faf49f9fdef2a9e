/**
 * What an expression (host and path) is looked up by: SHA-256, which decides, and cheap keys that tell nearly always,
 * without it, that there is nothing to decide.
 */
import { hash } from "node:crypto";

/** SHA-256 of an expression as Safe Browsing writes it, `host/path?query`. */
export function expressionHash(host: string, path: string): Buffer {
  return Buffer.from(hash("sha256", host + path, "binary"), "latin1");
}

/** The unsigned halves of a host's key, by which the filter tells whether a list has anything of this host. */
export const hostPlace = (host: string): number => mixed(host, 0x811c9dc5, 0x01000193);
export const hostBits = (host: string): number => mixed(host, 0x2b5a1e63, 0x5bd1e995);

/** Stands for the whole host. */
export const WHOLE_HOST = 0;

/** An unsigned key of a path with its query, `WHOLE_HOST` for `/`. */
export function pathKey(path: string): number {
  return path === "/" ? WHOLE_HOST : mixed(path, 0x3c6ef372, 0x85ebca6b) || 1;
}

/** The unsigned halves of the key of a path of a host. */
export const pathPlace = (place: number, path: number): number => avalanche(place ^ Math.imul(path, 0x9e3779b1));
export const pathBits = (bits: number, path: number): number => avalanche(bits + Math.imul(path, 0xc2b2ae3d));

function mixed(text: string, seed: number, multiplier: number): number {
  let state = seed;
  for (let index = 0; index < text.length; index += 1) state = Math.imul(state ^ text.charCodeAt(index), multiplier);
  return avalanche(state);
}

/** Spreads every bit over all others (the final steps of MurmurHash3). */
function avalanche(value: number): number {
  let state = value;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
