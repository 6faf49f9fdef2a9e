/**
 * The network that the app under test is put into: a namespace of its own with one cable to the outside, and a capture
 * of every packet on the cable and on loopback. Runs inside `unshare --net --mount`.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Arrival, GATEWAY_ADDRESS } from "./places.ts";

export interface Outside {
  /** The bank's pin. */
  readonly pin: string;
  /** What has reached anybody so far. */
  readonly arrivals: Arrival[];
  stop(): void;
}

const ip = (...words: string[]): string => execFileSync("ip", words, { encoding: "utf8" });

/** Lays the cable and starts who is at its other end. @param folder for files of the network */
export async function openNetwork(folder: string): Promise<Outside> {
  ip("link", "set", "lo", "up");
  const file = fileURLToPath(new URL("./outside.ts", import.meta.url));
  const outside = spawn(
    "unshare",
    ["--net", "setpriv", "--pdeathsig", "KILL", process.execPath, "--import", "tsx", file],
    {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    },
  );
  const arrivals: Arrival[] = [];
  const ready = new Promise<string>((resolve, reject) => {
    outside.once("exit", () => reject(new Error("the outside of the network has ended")));
    outside.on("message", (message: { kind: string; pin?: string; arrival?: Arrival }) => {
      if (message.arrival !== undefined) arrivals.push(message.arrival);
      if (message.pin !== undefined) resolve(message.pin);
    });
  });
  await untilNamespace(outside);
  ip("link", "add", "cable", "type", "veth", "peer", "name", "outside");
  ip("link", "set", "dev", "cable", "addrgenmode", "none");
  const [, , peer] = /(link\/ether) (\S+)/.exec(ip("link", "show", "outside")) ?? [];
  ip("link", "set", "outside", "netns", String(outside.pid));
  ip("addr", "add", "10.77.0.1/24", "dev", "cable");
  ip("addr", "add", "fd77::1/64", "dev", "cable", "nodad");
  ip("link", "set", "cable", "up");
  ip("route", "add", "default", "via", GATEWAY_ADDRESS);
  ip("-6", "route", "add", "default", "via", "fd77::2");
  ip("neigh", "replace", GATEWAY_ADDRESS, "lladdr", peer ?? "", "dev", "cable", "nud", "permanent");
  ip("neigh", "replace", "fd77::2", "lladdr", peer ?? "", "dev", "cable", "nud", "permanent");
  const resolver = join(folder, "resolv.conf");
  writeFileSync(resolver, `nameserver ${GATEWAY_ADDRESS}\noptions timeout:1 attempts:1\n`);
  execFileSync("mount", ["--bind", resolver, "/etc/resolv.conf"]);
  outside.send("start");
  const pin = await ready;
  return { pin, arrivals, stop: () => void outside.kill("SIGKILL") };
}

/** The child is in its own namespace as soon as its link differs from ours. */
async function untilNamespace(child: ChildProcess): Promise<void> {
  const link = (pid: number | string) => execFileSync("readlink", [`/proc/${pid}/ns/net`], { encoding: "utf8" });
  while (link(child.pid ?? 0) === link("self")) await new Promise((resolve) => setTimeout(resolve, 20));
}

export interface Packet {
  readonly protocol: number;
  readonly from: string;
  readonly to: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly payload: Buffer;
  readonly bytes: Buffer;
}

export interface Capture {
  /** Ends it. @returns every packet on the cable and on loopback */
  end(): Promise<readonly Packet[]>;
}

/** @param folder where the capture is kept until it has been read */
export async function startCapture(folder: string): Promise<Capture> {
  const file = join(mkdtempSync(join(folder, "capture-")), "packets.pcap");
  const program = spawn("tcpdump", ["-Z", "root", "-U", "-i", "any", "-s", "0", "-B", "65536", "-w", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    let text = "";
    program.stderr.on("data", (bytes) => {
      text += bytes;
      if (text.includes("listening on")) resolve();
    });
    program.once("exit", () => reject(new Error(`tcpdump: ${text}`)));
  });
  return {
    async end() {
      await new Promise((resolve) => setTimeout(resolve, 300));
      program.kill("SIGINT");
      await once(program, "exit");
      return packetsOf(readFileSync(file));
    },
  };
}

/** Reads a capture file with cooked headers, version 2 (LINKTYPE_LINUX_SLL2). */
function packetsOf(file: Buffer): readonly Packet[] {
  if (file.readUInt32LE(20) !== 276) throw new Error(`link type ${file.readUInt32LE(20)}, expected 276`);
  const packets: Packet[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    const frame = file.subarray(at + 16, at + 16 + length);
    packets.push(packetOf(frame.readUInt16BE(0), frame.subarray(20)));
    at += 16 + length;
  }
  return packets;
}

/** @param type EtherType */
function packetOf(type: number, bytes: Buffer): Packet {
  if (type === 0x0800) {
    const dotted = (at: number) => [...bytes.subarray(at, at + 4)].join(".");
    return segment(bytes, bytes.readUInt8(9), dotted(12), dotted(16), (bytes.readUInt8(0) & 15) * 4);
  }
  if (type === 0x86dd) {
    const groups = (at: number) => bytes.subarray(at, at + 16).toString("hex");
    // A hop-by-hop header stands before multicast listener reports only.
    const extended = bytes.readUInt8(6) === 0;
    const protocol = bytes.readUInt8(extended ? 40 : 6);
    return segment(bytes, protocol, groups(8), groups(24), extended ? 48 : 40);
  }
  const none = { from: "", to: "", fromPort: 0, toPort: 0 };
  return { protocol: -type, ...none, payload: bytes, bytes };
}

function segment(bytes: Buffer, protocol: number, from: string, to: string, start: number): Packet {
  const ports = (protocol === 6 || protocol === 17) && bytes.length >= start + 8;
  const skip = protocol === 6 && bytes.length >= start + 20 ? (bytes.readUInt8(start + 12) >> 4) * 4 : 8;
  return {
    protocol,
    from,
    to,
    fromPort: ports ? bytes.readUInt16BE(start) : 0,
    toPort: ports ? bytes.readUInt16BE(start + 2) : 0,
    payload: bytes.subarray(start + skip),
    bytes,
  };
}
