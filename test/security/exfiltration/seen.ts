/** What of a run could be seen from outside the programs: on the cable, on loopback, at servers, in other programs. */
import type { Packet } from "./network.ts";
import { type Arrival, BANK } from "./places.ts";
import type { Way } from "./way.ts";
import { addressOf, hostOf, labelOf, WAYS } from "./ways.ts";

export interface Seen {
  /** By way: how much of it came out. */
  readonly ways: Readonly<
    Record<string, { readonly packets: number; readonly secret: boolean; readonly program: boolean }>
  >;
  /** Packets that are neither the gateway's with the bank nor excepted, in words. */
  readonly unexplained: readonly string[];
  /** How many packets there were of each kind that is allowed or excepted. */
  readonly explained: Readonly<Record<string, number>>;
  /** Where the secret was found, in words. */
  readonly secretIn: readonly string[];
  /** What the bank was asked. */
  readonly bank: readonly string[];
}

interface Evidence {
  readonly packets: readonly Packet[];
  readonly arrivals: readonly Arrival[];
  /** What other programs were started with. */
  readonly programs: string;
  readonly secret: string;
  /** Where the app's gateways listen on loopback. */
  readonly gatewayPorts: readonly number[];
}

const ETHERTYPE_ARP = -0x0806;
const [TCP, UDP, IGMP, ICMPV6] = [6, 17, 2, 58];

/** Multicast DNS's group, as a report of membership names it. */
const MULTICAST_DNS = [Buffer.from("e00000fb", "hex"), Buffer.from("ff0200000000000000000000000000fb", "hex")];

export function seenOf(evidence: Evidence): Seen {
  const explained: Record<string, number> = {};
  const unexplained: Packet[] = [];
  for (const packet of evidence.packets) {
    const kind = kindOf(packet, evidence.gatewayPorts);
    if (kind === undefined) unexplained.push(packet);
    else explained[kind] = (explained[kind] ?? 0) + 1;
  }
  const ways = Object.fromEntries(WAYS.map((way) => [way.id, wayOf(way, unexplained, evidence)]));
  return {
    ways,
    unexplained: [...new Set(unexplained.map(describe))],
    explained,
    secretIn: placesOfSecret(evidence, unexplained),
    bank: evidence.arrivals
      .filter(({ to }) => to === "bank")
      .map(({ line, content }) => `${line} ${content.slice(0, 20000)}`),
  };
}

/** Why a packet may be there; undefined when nothing explains it. */
function kindOf({ protocol, from, to, fromPort, toPort, payload, bytes }: Packet, gateways: readonly number[]) {
  const loopback = from.startsWith("127.") && to.startsWith("127.");
  if (loopback && protocol === TCP && (gateways.includes(fromPort) || gateways.includes(toPort)))
    return "page and gateway";
  // Where the engine's resolver is sent to: nobody listens, and nothing but the attempt to connect is there.
  if (loopback && protocol === TCP && (fromPort === 1 || toPort === 1) && payload.length === 0)
    return "dead end of the resolver";
  const bank = (from === BANK.address && fromPort === 443) || (to === BANK.address && toPort === 443);
  if (protocol === TCP && bank) return "gateway and bank";
  if (protocol === ETHERTYPE_ARP) return "kernel: ARP";
  if ((protocol === IGMP || protocol === ICMPV6) && !MULTICAST_DNS.some((group) => bytes.includes(group))) {
    return protocol === IGMP ? "kernel: IGMP" : "kernel: ICMPv6";
  }
  return undefined;
}

function wayOf(way: Way, packets: readonly Packet[], evidence: Evidence) {
  const mine = packets.filter((packet) => isOf(way, packet));
  const arrivals = evidence.arrivals.filter(
    ({ to, line, content }) => to === "attacker" && `${line}${content}`.includes(labelOf(way)),
  );
  const programs = evidence.programs.split("\n").filter((line) => line.includes(labelOf(way)));
  const texts = [...arrivals.flatMap(({ line, content }) => [line, content]), ...programs].map((text) =>
    Buffer.from(text, "latin1"),
  );
  return {
    packets: mine.length,
    secret: [...texts, ...mine.map(({ bytes }) => bytes)].some((bytes) => holdsSecret(bytes, evidence.secret)),
    program: programs.length > 0,
  };
}

function isOf(way: Way, { from, to, bytes, toPort, fromPort, protocol }: Packet): boolean {
  if (from === addressOf(way) || to === addressOf(way)) return true;
  const text = bytes.toString("latin1").toLowerCase();
  if (text.includes(labelOf(way)) || text.includes(hostOf(way))) return true;
  if (way.packet === "dictionary") return text.includes("gvt1");
  if (way.packet === "wpad") return text.includes("wpad");
  return way.packet === "multicast-dns" && protocol === UDP && (toPort === 5353 || fromPort === 5353);
}

/** The secret as it is, percent-encoded, in base64 at any offset, and in hexadecimal digits. */
export function holdsSecret(bytes: Buffer, secret: string): boolean {
  const text = bytes.toString("latin1");
  const lower = text.toLowerCase();
  const inBase64 = [0, 1, 2].some((offset) => {
    const whole = Buffer.from("\0".repeat(offset) + secret).toString("base64");
    // Digits at either end also hold bits of their neighbours.
    const own = whole.slice(offset === 0 ? 0 : offset + 1, -4);
    return text.includes(own) || text.includes(own.replaceAll("+", "-").replaceAll("/", "_"));
  });
  return (
    inBase64 ||
    text.includes(secret) ||
    lower.includes(encodeURIComponent(secret).toLowerCase()) ||
    lower.includes(Buffer.from(secret).toString("hex"))
  );
}

function placesOfSecret({ arrivals, programs, secret, packets }: Evidence, unexplained: readonly Packet[]): string[] {
  const found = arrivals.filter(
    ({ to, line, content }) => to === "attacker" && holdsSecret(Buffer.from(line + content), secret),
  );
  const cable = packets.filter(
    ({ from, to, bytes }) => !(from.startsWith("127.") && to.startsWith("127.")) && holdsSecret(bytes, secret),
  );
  return [
    ...found.map(({ line }) => `at the attacker: ${line}`),
    ...[...cable, ...unexplained.filter(({ bytes }) => holdsSecret(bytes, secret))].map(
      (packet) => `in a packet: ${describe(packet)}`,
    ),
    ...(holdsSecret(Buffer.from(programs), secret) ? ["in the words given to another program"] : []),
  ];
}

function describe({ protocol, from, to, fromPort, toPort, payload }: Packet): string {
  const name = { [TCP]: "TCP", [UDP]: "UDP", [IGMP]: "IGMP", [ICMPV6]: "ICMPv6" }[protocol] ?? `protocol ${protocol}`;
  // Ports of clients differ each time and say nothing.
  const port = (number: number) => (number >= 32_768 ? "" : `:${number}`);
  const words = [...payload.toString("latin1").matchAll(/[\x21-\x7e]{4,}/g)]
    .map(([word]) => word)
    .slice(0, 6)
    .join(" ");
  return `${name} ${from}${port(fromPort)} > ${to}${port(toPort)} ${words}`.trim();
}
