import type { FileHandle } from "node:fs/promises";
import { Refusal } from "../core/refusal.ts";
import { duplicateKeys } from "./duplicate-keys.ts";
import { InvalidProfile } from "./invalid-profile.ts";

/** Far above any profile: 1,000 sites with chains of anchors are about 5 MB. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads a JSON document from an open file.
 * @param path for people.
 * @throws Refusal `profile.invalid` when it is too large, not UTF-8, not JSON, or has a key twice in one object.
 */
export async function readDocument(file: FileHandle, path: string): Promise<unknown> {
  const { size } = await file.stat();
  if (size > MAX_BYTES) {
    throw invalid(path, `the file has ${size} bytes`, `a JSON file of at most ${MAX_BYTES} bytes`);
  }
  return parseDocument(await file.readFile(), path);
}

function parseDocument(bytes: Buffer, path: string): unknown {
  let text: string;
  try {
    // Takes a byte order mark off, as editors on Windows put one there.
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid(path, "the file is not UTF-8", "a JSON file in UTF-8");
  }
  const document = parseJson(text, path);
  const repeated = repeatedKeys(text, path);
  if (repeated.length > 0) throw new InvalidProfile(path, repeated);
  return document;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const fault = cause instanceof Error ? `the file is not JSON: ${cause.message}` : "the file is not JSON";
    throw invalid(path, fault, "a JSON file");
  }
}

function repeatedKeys(text: string, path: string): ReturnType<typeof duplicateKeys> {
  try {
    return duplicateKeys(text);
  } catch (cause) {
    if (cause instanceof RangeError) throw invalid(path, "the file is nested too deeply", "a profile");
    throw cause;
  }
}

function invalid(value: string, fault: string, expected: string): Refusal {
  return new Refusal("profile.invalid", { value, fault, expected });
}
