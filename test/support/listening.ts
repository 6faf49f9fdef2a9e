import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Where a process waits for TCP connections, e.g. `127.0.0.1:40123`; IPv6 addresses in hexadecimal. Linux only. */
export function listeningOf(pid: number): readonly string[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "latin1")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // 0A is TCP_LISTEN; the tenth column is the inode (proc(5)).
      .filter(([, , , state, , , , , , inode]) => state === "0A" && inode !== undefined && own.has(inode))
      .map(([, local = ""]) => addressOf(local)),
  );
}

function addressOf(local: string): string {
  const [address = "", port = ""] = local.split(":");
  const octets = Buffer.from(address, "hex").reverse();
  return `${octets.length === 4 ? octets.join(".") : address}:${Number.parseInt(port, 16)}`;
}
