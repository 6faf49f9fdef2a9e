/**
 * Judges the server's certificates while our second flight is held back, more strictly than Node and OpenSSL do.
 *
 * When several things are wrong, the first of these is named, so that the same flight always gets the same code:
 *
 *  1. `server.certificate-invalid`  the leaf cannot be read
 *  2. `server.expired`, `server.not-yet-valid`  the leaf's dates
 *  3. `server.name-mismatch`  the leaf does not name the host
 *  4. `server.untrusted`  with anchors: no path to one of them; dates of authorities in the path as in 2
 *  5. `server.pin-mismatch`  none of the keys that count is pinned
 *  6. `server.certificate-invalid`, `server.unsupported-key`  the leaf violates the profile of server certificates
 *  7. `server.revoked`, `server.staple-missing`, `server.staple-invalid`
 *
 * Dates and names come first because they are the usual mishaps and tell what to do; who the server is (4, 5) comes
 * before how well its certificate is made (6), so that a stranger is called a stranger.
 */
import type { Evidence } from "../core/evidence.ts";
import type { ChannelExpectation } from "../core/expectation.ts";
import type { ReasonCode } from "../core/reasons.ts";
import { Refusal, type RefusalDetail } from "../core/refusal.ts";
import { readAnchors } from "./anchors.ts";
import { Malformed } from "./asn1.ts";
import type { ServerFlight } from "./authenticator.ts";
import { receivedCertificate } from "./certificate-facts.ts";
import { type CertificatePath, findPaths, isSignedBy } from "./certification-path.ts";
import { sameName } from "./directory-name.ts";
import { listNames, nameFor } from "./host-name.ts";
import { judgeKey } from "./key-strength.ts";
import { leafFault } from "./leaf-profile.ts";
import { judgeStaple } from "./ocsp-staple.ts";
import { type Certificate, readCertificate } from "./x509-certificate.ts";

/** More than any server sends; keeps a hostile list from costing time (RFC 8446 sets no limit). */
const MAX_CERTIFICATES = 10;

/** Facts of one judgement, collected in order; a refusal carries those found before it. */
class Judgement {
  readonly evidence: Evidence[] = [];
  readonly #to: ChannelExpectation;
  readonly #now: number;

  constructor(to: ChannelExpectation, now: number) {
    this.#to = to;
    this.#now = now;
  }

  /** @param expires last millisecond at which the fact counts */
  about(expires: number) {
    const { channel, site, origin } = this.#to;
    return { channel, site, origin, at: this.#now, expires: expires + 1 };
  }

  refuse(code: ReasonCode, detail: RefusalDetail): never {
    throw new Refusal(code, detail, { evidence: [...this.evidence] });
  }
}

function readFlight(flight: ServerFlight): { leaf: Certificate; others: readonly Certificate[] } {
  const [leafDer, ...otherDers] = flight.certificates;
  if (leafDer === undefined) {
    throw new Refusal("server.certificate-invalid", {
      fault: "the server sent no certificate",
      expected: "a certificate for the host (RFC 8446 §4.4.2.4)",
    });
  }
  if (otherDers.length >= MAX_CERTIFICATES) {
    throw new Refusal("server.certificate-invalid", {
      value: `${flight.certificates.length} certificates`,
      fault: "the server sent more certificates than any path needs",
      expected: `at most ${MAX_CERTIFICATES}`,
    });
  }
  // An extra certificate that cannot be read serves no path; only the leaf has to be readable.
  return { leaf: receivedCertificate(leafDer), others: otherDers.flatMap(readOrSkip) };
}

function readOrSkip(der: Buffer): readonly Certificate[] {
  try {
    return [readCertificate(der)];
  } catch (error) {
    if (error instanceof Malformed) {
      return [];
    }
    throw error;
  }
}

interface DateFault {
  readonly code: ReasonCode;
  readonly detail: RefusalDetail;
}

function dateFault({ subject, notBefore, notAfter }: Certificate, now: number): DateFault | undefined {
  const expected = `valid at ${new Date(now).toISOString()}`;
  if (now > notAfter) {
    const fault = `the certificate of ${subject.text} expired ${new Date(notAfter).toISOString()}`;
    return { code: "server.expired", detail: { value: new Date(notAfter).toISOString(), fault, expected } };
  }
  if (now < notBefore) {
    const fault = `the certificate of ${subject.text} is valid from ${new Date(notBefore).toISOString()} only`;
    return { code: "server.not-yet-valid", detail: { value: new Date(notBefore).toISOString(), fault, expected } };
  }
  return undefined;
}

function judgeName(judgement: Judgement, leaf: Certificate, host: string): void {
  const names = leaf.extensions.alternativeNames?.names ?? [];
  const presented = nameFor(host, names);
  if (presented === undefined) {
    judgement.refuse("server.name-mismatch", {
      value: listNames(names),
      fault: "the certificate does not name the host in its subject alternative names",
      expected: host,
    });
  }
  const certificate = leaf.fingerprint;
  judgement.evidence.push({ ...judgement.about(leaf.notAfter), kind: "server.name", host, presented, certificate });
}

/** Dates of the authorities. The anchor's own are IT's affair, so an expired anchor makes a path untrusted. */
function pathDateFault(path: CertificatePath, now: number): DateFault | undefined {
  const anchor = path.at(-1);
  for (const certificate of path) {
    const fault = dateFault(certificate, now);
    if (fault !== undefined) {
      return certificate === anchor ? { ...fault, code: "server.untrusted" } : fault;
    }
  }
  return undefined;
}

interface Chosen {
  /** The leaf alone where the profile has no anchors. */
  readonly path: CertificatePath;
  readonly verified: boolean;
}

/** With anchors: the verified paths that are valid now; one with a pinned key first. */
function choosePath(
  judgement: Judgement,
  { leaf, others }: { leaf: Certificate; others: readonly Certificate[] },
  { server }: ChannelExpectation,
  now: number,
): Chosen {
  if (server.anchors.length === 0) {
    return { path: [leaf], verified: false };
  }
  const { paths, fault } = findPaths(leaf, others, readAnchors(server.anchors));
  if (paths.length === 0) {
    judgement.refuse("server.untrusted", { ...fault, expected: "a certification path to an anchor of the profile" });
  }
  const current = paths.filter((path) => pathDateFault(path, now) === undefined);
  const [first] = current;
  if (first === undefined) {
    const { code, detail } = paths.map((path) => pathDateFault(path, now)).find(isDefined) ?? missing();
    judgement.refuse(code, detail);
  }
  const pinned = current.find((path) => path.some(({ pin }) => server.pins.includes(pin)));
  return { path: pinned ?? first, verified: true };
}

const isDefined = <T>(value: T | undefined): value is T => value !== undefined;

function missing(): never {
  throw new Error("a path that is not current has a fault in its dates");
}

function recordPath(judgement: Judgement, { path, verified }: Chosen): void {
  const notBefore = Math.max(...path.map((one) => one.notBefore));
  const notAfter = Math.min(...path.map((one) => one.notAfter));
  const [leaf] = path;
  const anchor = path.at(-1);
  if (leaf === undefined || anchor === undefined) {
    throw new Error("a path has at least its leaf");
  }
  const about = judgement.about(notAfter);
  const certificate = leaf.fingerprint;
  judgement.evidence.push({ ...about, kind: "server.validity", notBefore, notAfter, certificate });
  if (verified) {
    const fingerprints = path.map(({ fingerprint }) => fingerprint);
    judgement.evidence.push({ ...about, kind: "server.chain", anchor: anchor.fingerprint, path: fingerprints });
  }
}

/** Only keys in the verified path count, never one that merely came along; without anchors the leaf's own key alone. */
function judgePin(judgement: Judgement, { path }: Chosen, { server }: ChannelExpectation): void {
  // A service may be recognised without a pin: by an anchor, or by an acceptor that enforces channel bindings.
  if (server.pins.length === 0 && server.service !== undefined) return;
  const holder = path.find(({ pin }) => server.pins.includes(pin));
  if (holder === undefined) {
    judgement.refuse("server.pin-mismatch", {
      value: path.map(({ pin }) => pin).join(", "),
      fault: path.length > 1 ? "no key in the verified path is pinned" : "the server's key is not pinned",
      expected: server.pins.join(" or "),
    });
  }
  judgement.evidence.push({
    ...judgement.about(Math.min(...path.map(({ notAfter }) => notAfter))),
    kind: "server.pin",
    pin: holder.pin,
    holder: holder === path[0] ? "leaf" : "path",
    certificate: holder.fingerprint,
  });
}

/** Who signed the leaf: the next in the verified path, else whoever among those sent really did. */
function issuerOf(leaf: Certificate, { path }: Chosen, others: readonly Certificate[]): Certificate | undefined {
  const named = [leaf, ...others].filter(({ subject }) => sameName(subject, leaf.issuer));
  return (
    path[1] ??
    named.find((one) => {
      const judged = judgeKey(one);
      return judged.kind === "usable" && isSignedBy(leaf, judged.key);
    })
  );
}

function judgeStapled(
  judgement: Judgement,
  leaf: Certificate,
  staple: Buffer | undefined,
  issuer: Certificate | undefined,
  now: number,
): void {
  const judged = judgeStaple({ staple, leaf, issuer, now });
  if (judged.kind === "fault") {
    judgement.refuse(judged.code, { value: leaf.subject.text, fault: judged.fault, expected: judged.expected });
  }
  if (judged.kind === "good") {
    const { producedAt, nextUpdate } = judged;
    const certificate = leaf.fingerprint;
    judgement.evidence.push({ ...judgement.about(nextUpdate), kind: "server.staple", producedAt, certificate });
  }
}

/**
 * Judges what the server sent, at a given moment; a pure function of its arguments.
 * @param now milliseconds since the epoch
 * @returns evidence of kinds `server.name`, `server.validity`, `server.chain` (with anchors), `server.pin`, and
 *   `server.staple` (where one was given and verified)
 * @throws Refusal with one of the codes above and the evidence found before
 */
export function judgeServer(flight: ServerFlight, to: ChannelExpectation, now: number): readonly Evidence[] {
  const sent = readFlight(flight);
  const { leaf, others } = sent;
  const judgement = new Judgement(to, now);
  const dates = dateFault(leaf, now);
  if (dates !== undefined) {
    judgement.refuse(dates.code, dates.detail);
  }
  judgeName(judgement, leaf, to.host);
  const chosen = choosePath(judgement, sent, to, now);
  recordPath(judgement, chosen);
  judgePin(judgement, chosen, to);
  const profile = leafFault(leaf);
  if (profile !== undefined) {
    judgement.refuse(profile.code, { value: leaf.subject.text, fault: profile.fault, expected: profile.expected });
  }
  const issuer = flight.staple === undefined ? undefined : issuerOf(leaf, chosen, others);
  judgeStapled(judgement, leaf, flight.staple, issuer, now);
  return judgement.evidence;
}
