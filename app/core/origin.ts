/** What makes a text a usable https origin, and what the canonical form of it would be. */

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * A DNS name in A-labels that can name a server: two labels or more (a single label is a NetBIOS or search-list name),
 * letters, digits and hyphens (RFC 1123 §2.1), at most 253 characters, no IP literal, no trailing dot.
 */
export function isServerName(host: string): boolean {
  const labels = host.split(".");
  const last = labels.at(-1) ?? "";
  return host.length <= 253 && labels.length >= 2 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(last);
}

/**
 * Says what is expected instead of `text` where an https origin is required, or undefined when it is one.
 * Only the canonical form (`URL.origin`) passes, so that two origins are equal exactly when their texts are.
 */
export function originFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:") return "an https origin such as https://bank.example or https://bank.example:8443";
  if (url.username !== "" || url.password !== "") return "an origin without user name or password";
  if (!isServerName(url.hostname)) return "a DNS name of two labels or more, no IP address and no trailing dot";
  if (url.origin !== text) return `the origin alone, in canonical form: ${url.origin}`;
  return undefined;
}
