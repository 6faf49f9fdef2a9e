import type { IdentityView } from "../../app/ipc/contract.ts";

/** The common name of a distinguished name (RFC 4514), unescaped; the whole name where it has none. */
export function commonName(distinguishedName: string): string {
  const match = /(?:^|[,+])\s*CN=((?:\\.|[^,+\\])*)/i.exec(distinguishedName);
  return match?.[1] === undefined || match[1] === "" ? distinguishedName : unescapeValue(match[1]);
}

/** RFC 4514 §2.4: `\` before a special character, or before two hexadecimal digits of its UTF-8 bytes. */
function unescapeValue(value: string): string {
  const hex = value.replace(/(?:\\[0-9a-f]{2})+/gi, (run) => {
    const bytes = Uint8Array.from(run.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
    return new TextDecoder().decode(bytes);
  });
  return hex.replace(/\\(.)/g, "$1");
}

/** Words for an identity's state and how long it still serves. */
export function identityStatus(identity: Pick<IdentityView, "status" | "daysLeft">): string {
  switch (identity.status) {
    case "valid":
      return "Valid";
    case "expires-soon":
      return identity.daysLeft < 1 ? "Expires today" : `Expires in ${days(identity.daysLeft)}`;
    case "expired":
      return identity.daysLeft > -1 ? "Expired today" : `Expired ${days(-identity.daysLeft)} ago`;
    case "not-yet-valid":
      return "Not valid yet";
    case "not-for-clients":
      return "Not for signing in";
  }
}

function days(count: number): string {
  return count === 1 ? "1 day" : `${count} days`;
}

/** How a state is to look: good, to be minded, or of no use. */
export function identityTone(status: IdentityView["status"]): "good" | "mind" | "bad" {
  if (status === "valid") return "good";
  return status === "expires-soon" || status === "not-yet-valid" ? "mind" : "bad";
}

/** Groups a hexadecimal fingerprint in fours so that people can compare it. */
export function grouped(fingerprint: string): string {
  return fingerprint.replace(/(.{4})(?=.)/g, "$1 ");
}

/** What an import has added, in words. */
export function importedText(before: readonly IdentityView[], after: readonly IdentityView[]): string {
  const known = new Set(before.map(({ fingerprint }) => fingerprint));
  const added = after.filter(({ fingerprint }) => !known.has(fingerprint));
  const [first] = added;
  if (first === undefined) return "The file holds nothing that was not here already.";
  return added.length === 1
    ? `${commonName(first.subject)} has been imported.`
    : `${added.length} identities have been imported.`;
}
