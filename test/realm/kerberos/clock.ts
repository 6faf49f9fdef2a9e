import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Debian's libfaketime, wherever this machine's architecture puts it. */
function library(): string | undefined {
  const places = ["/usr/lib", ...readdirSync("/usr/lib").map((name) => join("/usr/lib", name))];
  return places.map((place) => join(place, "faketime/libfaketime.so.1")).find((file) => existsSync(file));
}

export const CLOCKS_CAN_BE_SET = library() !== undefined;

/** Environment of a process whose clock is wrong. @param offset as faketime writes it, e.g. `+1h` */
export function clockOff(offset: string): Readonly<Record<string, string>> {
  return { LD_PRELOAD: library() ?? "", FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}
