/**
 * Recognises servers that were refused before, while our second flight is held back, and remembers new ones.
 *
 * What a machine learns never overrules the profile: a server that a pin or an anchor vouches for passes. Otherwise an
 * attacker in the middle could lead the connection of one site to the genuine server of another, have that server's
 * key flagged, and lock the user out of it.
 */
import type { Evidence } from "../core/evidence.ts";
import type { ChannelExpectation, Expectation } from "../core/expectation.ts";
import type { ImpostorMemory } from "../core/impostor.ts";
import type { ReasonCode } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import type { ServerFlight } from "./authenticator.ts";
import { receivedCertificate } from "./certificate-facts.ts";
import { nameFor } from "./host-name.ts";
import { Interception, strangeIssuer } from "./interception.ts";
import { judgeServer } from "./judge-server.ts";
import type { Certificate } from "./x509-certificate.ts";

/** Refusals of a server that has the right name and another key than the site's. */
const WRONG_KEY: ReadonlySet<ReasonCode> = new Set(["server.pin-mismatch", "server.untrusted"]);

/** Refusals of a server that is somebody else. */
const IDENTITY: ReadonlySet<ReasonCode> = new Set([...WRONG_KEY, "server.name-mismatch"]);

/** A certificate larger than this is left out of the record. */
const MAX_DER = 16 * 1024;

/** A server whose signature over this handshake has been verified. */
export interface ProvedServer {
  readonly flight: ServerFlight;
  /** DER of the certificate that the TLS library verified the signature with. */
  readonly verified: Buffer | undefined;
  readonly to: ChannelExpectation;
  readonly address: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface ImpostorWatchParts {
  readonly memory: ImpostorMemory;
  /** Of every origin of the profile. */
  readonly listed: () => readonly Expectation[];
}

export interface ImpostorWatch {
  /**
   * After the server has been found in order.
   * @throws Refusal `server.known-impostor` when its key is flagged and nothing of the profile vouches for it
   */
  passed(server: ProvedServer, evidence: readonly Evidence[]): void;
  /** After the server has been refused: what it is refused with. A new impostor is remembered. */
  refused(server: ProvedServer, refusal: Refusal): Refusal;
}

export function createImpostorWatch({ memory, listed }: ImpostorWatchParts): ImpostorWatch {
  const interception = new Interception();
  return {
    passed(server, evidence) {
      if (evidence.some(({ kind }) => kind === "server.pin" || kind === "server.chain")) return;
      const leaf = provedLeaf(server);
      if (leaf !== undefined && memory.known(leaf.pin) !== undefined) throw knownImpostor(leaf, server, evidence);
    },
    refused(server, refusal) {
      if (!refusal.code.startsWith("server.")) return refusal;
      const leaf = provedLeaf(server);
      if (leaf === undefined) return refusal;
      const intercepted = IDENTITY.has(refusal.code) && isIntercepted(leaf, server);
      const known = memory.known(leaf.pin) !== undefined;
      if (known || (WRONG_KEY.has(refusal.code) && !isListed(leaf, server, listed())))
        memory.remember(sightingOf(leaf, server, refusal.code));
      if (intercepted) return interceptedRefusal(leaf, server, refusal);
      return known ? knownImpostor(leaf, server, refusal.evidence, refusal) : refusal;
    },
  };

  function isIntercepted(leaf: Certificate, { flight, to, now }: ProvedServer): boolean {
    const own = listed().flatMap(({ server }) => server.anchors);
    const issuer = strangeIssuer(leaf, flight.certificates.slice(1), own);
    return interception.seen([leaf.pin, ...(issuer === undefined ? [] : [issuer])], to.site, now);
  }
}

/** The leaf whose key signed; undefined when the library and we do not mean the same certificate. */
function provedLeaf({ flight, verified }: ProvedServer): Certificate | undefined {
  const [leaf] = flight.certificates;
  if (leaf === undefined || verified?.equals(leaf) !== true) return undefined;
  try {
    return receivedCertificate(leaf);
  } catch {
    return undefined;
  }
}

/** Whether some site of the profile would take this server, or pins its key: then it is misled, no impostor. */
function isListed(leaf: Certificate, { flight, to, now }: ProvedServer, listed: readonly Expectation[]): boolean {
  const names = leaf.extensions.alternativeNames?.names ?? [];
  return listed.some((other) => {
    if (other.transport !== undefined) return false;
    if (other.server.pins.includes(leaf.pin)) return true;
    return nameFor(other.host, names) !== undefined && isTaken(flight, { ...other, channel: to.channel }, now);
  });
}

function isTaken(flight: ServerFlight, to: ChannelExpectation, now: number): boolean {
  try {
    judgeServer(flight, to, now);
    return true;
  } catch {
    return false;
  }
}

function sightingOf(leaf: Certificate, { flight, to, address, now }: ProvedServer, code: ReasonCode) {
  const { protocol, cipher, transcript } = flight;
  const [der] = flight.certificates;
  const message = protocol === "TLSv1.3" ? "CertificateVerify" : "ServerKeyExchange";
  const at = new Date(now).toISOString();
  return {
    key: leaf.pin,
    appearance: { site: to.site, origin: to.origin, at, code, ...(address === undefined ? {} : { address }) },
    evidence: {
      protocol,
      cipher,
      transcript,
      message,
      certificate: {
        subject: leaf.subject.text.slice(0, 1000),
        issuer: leaf.issuer.text.slice(0, 1000),
        notBefore: new Date(leaf.notBefore).toISOString(),
        notAfter: new Date(leaf.notAfter).toISOString(),
        fingerprint: leaf.fingerprint,
        ...(der === undefined || der.length > MAX_DER ? {} : { der: der.toString("base64") }),
      },
    },
  } as const;
}

function interceptedRefusal({ pin, issuer }: Certificate, { to }: ProvedServer, cause: Refusal): Refusal {
  return new Refusal(
    "network.intercepted",
    {
      value: pin,
      fault: `who answered for ${to.host} has answered for another site, too; issuer ${issuer.text.slice(0, 300)} (${cause.code}: ${cause.detail.fault})`,
      expected: "for each site its own server",
    },
    { evidence: cause.evidence, cause },
  );
}

function knownImpostor(
  leaf: Certificate,
  { to }: ProvedServer,
  evidence: readonly Evidence[],
  cause?: Refusal,
): Refusal {
  const why = cause === undefined ? "" : ` (${cause.code}: ${cause.detail.fault})`;
  return new Refusal(
    "server.known-impostor",
    {
      value: leaf.pin,
      fault: `the server that answered for ${to.host} holds a key that was flagged on this computer${why}`,
      expected: to.server.pins.length > 0 ? to.server.pins.join(" or ") : "a server that has imitated no site",
    },
    { evidence, ...(cause === undefined ? {} : { cause }) },
  );
}
