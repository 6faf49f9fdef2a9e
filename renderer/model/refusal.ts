import type { RefusalView, Seal } from "../../app/ipc/contract.ts";

type Code = RefusalView["code"];

/** Codes that fall while the server is judged: it has seen our ClientHello and nothing else. */
const BEFORE_OUR_SECOND_FLIGHT: ReadonlySet<Code> = new Set<Code>([
  "server.pin-mismatch",
  "server.known-impostor",
  "server.expired",
  "server.not-yet-valid",
  "server.name-mismatch",
  "server.untrusted",
  "server.certificate-invalid",
  "server.possession",
  "server.revoked",
  "server.staple-missing",
  "server.staple-invalid",
  "network.captive-portal",
  "network.intercepted",
  "tls.version",
  "tls.not-tls",
]);

/** Codes that fall before anything is dialled. */
const BEFORE_DIALLING: ReadonlySet<Code> = new Set<Code>([
  "address.malformed",
  "address.insecure",
  "site.unlisted",
  "site.hostile",
  "site.lookalike",
  "client.no-identity",
]);

/** What had left this computer when the refusal fell; undefined where the code alone does not tell. */
export function whatWasSent(code: Code): string | undefined {
  if (BEFORE_DIALLING.has(code)) return "No connection was made. Nothing has left this computer.";
  if (BEFORE_OUR_SECOND_FLIGHT.has(code))
    return "This server received nothing of yours: no page request, no form, no cookie, and not who you are.";
  if (code === "client.not-requested" || code === "client.rejected")
    return "No page request, form or cookie has been sent.";
  return undefined;
}

/** True where an identity that the user can import may be the remedy. */
export function concernsIdentity(code: Code): boolean {
  return code.startsWith("client.") && code !== "client.not-requested";
}

/** The seal that stands over a refusal. */
export function refusalSeal(refusal: Pick<RefusalView, "code">): Seal {
  return refusal.code === "site.hostile" || refusal.code === "server.known-impostor" ? "hostile" : "refused";
}
