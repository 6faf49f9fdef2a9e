/** Hosts files and response policy zones (draft-vixie-dnsop-dns-rpz). A listed name covers its subdomains, as everywhere. */
import type { Read } from "./formats.ts";

/** Where a hosts file sends what it wants to stop. */
const NOWHERE = /^(?:0\.0\.0\.0|127(?:\.\d{1,3}){3}|::1?|0:0:0:0:0:0:0:[01])$/;
/** Names that every hosts file has for the machine itself. */
const OWN = /^(?:localhost|localhost\.localdomain|local|broadcasthost|0\.0\.0\.0|ip6-.*)$/;

/** `0.0.0.0 name name # comment` */
export function hostsLine(text: string): Read {
  const [address = "", ...names] = (text.split("#", 1)[0] ?? "").trim().split(/\s+/);
  if (address === "") return "skipped";
  if (!NOWHERE.test(address)) return /^[\d.]+$|^[\da-f:%.]+$/i.test(address) && names.length > 0 ? "skipped" : "bad";
  if (names.length === 0) return "bad";
  const listed = names.filter((name) => !OWN.test(name));
  return listed.length === 0 ? "skipped" : listed.map((name) => ({ address: name }));
}

const CLASS_OR_TTL = /^(?:IN|\d+[smhdw]?)$/i;
/** Records of the zone itself. */
const ZONE_TYPES = /^(?:SOA|NS|DNSKEY|RRSIG|NSEC3?|NSEC3PARAM|TXT|DS|CDS|CDNSKEY)$/i;

/** A reader of a zone's lines, which remembers the zone's origin and the last owner. */
export function rpzLines(): (text: string) => Read {
  let origin = "";
  let owner = "";
  let parentheses = 0;
  return (text) => {
    const line = (text.split(";", 1)[0] ?? "").trimEnd();
    const within = parentheses > 0;
    parentheses += line.split("(").length - line.split(")").length;
    if (line.trim() === "" || within) return "skipped";
    const words = line.trim().split(/\s+/);
    if (words[0]?.toUpperCase() === "$ORIGIN") origin = (words[1] ?? "").toLowerCase();
    if (words[0]?.startsWith("$")) return "skipped";
    if (!/^\s/.test(line)) owner = words.shift() ?? "";
    while (words[0] !== undefined && CLASS_OR_TTL.test(words[0])) words.shift();
    const [type = "", target = ""] = words;
    // Where no $ORIGIN says it, the zone's name stands before its SOA.
    if (type.toUpperCase() === "SOA" && origin === "" && owner.endsWith(".")) origin = owner.toLowerCase();
    return ZONE_TYPES.test(type) ? "skipped" : triggerOf(owner, origin, type.toUpperCase(), target.toLowerCase());
  };
}

function triggerOf(owner: string, origin: string, type: string, target: string): Read {
  if (!/^(?:CNAME|A|AAAA)$/.test(type) || target === "" || owner === "") return "bad";
  if (target === "rpz-passthru.") return "skipped";
  const name = withoutZone(owner.toLowerCase(), origin).replace(/^\*\./, "");
  const address = /^32\.(\d+)\.(\d+)\.(\d+)\.(\d+)\.rpz-ip$/.exec(name);
  if (address !== null) return [{ address: address.slice(1).reverse().join(".") }];
  // Networks, name servers and clients name no address of a page.
  if (/\.rpz-(?:ip|nsip|nsdname|client-ip)$/.test(name)) return "skipped";
  return [{ address: name }];
}

/** Owners are relative to the zone, unless they end with a dot. */
function withoutZone(owner: string, origin: string): string {
  if (!owner.endsWith(".")) return owner;
  const zone = origin.endsWith(".") ? origin : `${origin}.`;
  return owner.endsWith(`.${zone}`) ? owner.slice(0, -zone.length - 1) : owner.slice(0, -1);
}
