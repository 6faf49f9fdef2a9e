import { createHash } from "node:crypto";
import { type Certificate, encodeName, signatureAlgorithm } from "./certificates.ts";
import {
  bits,
  type Der,
  decode,
  encode,
  enumerated,
  generalizedTime,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  tagged,
  taggedBytes,
} from "./der.ts";
import { signWith } from "./keys.ts";

const HOUR = 3_600_000;

export interface OcspOptions {
  /** The certificate asked about, and its issuer, whose name and key the CertID hashes. */
  readonly about: Certificate;
  readonly issuer: Certificate;
  /** Who signs: default the issuer; a delegated responder's certificate is sent along (RFC 6960 §4.2.2.2). */
  readonly responder?: Certificate;
  readonly status?: "good" | "revoked" | "unknown";
  /** Default one hour ago. */
  readonly thisUpdate?: Date;
  /** Default in one day; `null` leaves it out. */
  readonly nextUpdate?: Date | null;
  readonly producedAt?: Date;
  /** Not `successful`: an OCSPResponse without an answer, e.g. 3 for tryLater. */
  readonly failure?: 1 | 2 | 3 | 5 | 6;
  /** Hash of the CertID, default SHA-1 as most responders use. */
  readonly certIdHash?: "sha1" | "sha256";
  /** Leaves a delegated responder's certificate out. */
  readonly omitCertificates?: boolean;
  /** Flips a bit of the signature. */
  readonly breakSignature?: boolean;
}

const HASHES = { sha1: "1.3.14.3.2.26", sha256: "2.16.840.1.101.3.4.2.1" } as const;

/** Content of the BIT STRING in a SubjectPublicKeyInfo, without its count of unused bits (RFC 6960 §4.1.1). */
function keyBits(certificate: Certificate): Buffer {
  const spki = decode(certificate.key.spki);
  const members = Array.isArray(spki.value) ? spki.value : [];
  const last = members[1];
  // node-forge also parses a BIT STRING whose content happens to be DER: take the octets as they were.
  const raw = encode(last ?? sequence());
  const header = (raw[1] ?? 0) < 0x80 ? 2 : 2 + ((raw[1] ?? 0) & 0x7f);
  return raw.subarray(header + 1);
}

function certId(options: OcspOptions): Der {
  const hash = options.certIdHash ?? "sha1";
  const digest = (data: Buffer): Der => octets(createHash(hash).update(data).digest());
  return sequence(
    sequence(oid(HASHES[hash]), nothing()),
    digest(encode(encodeName(options.issuer.subject))),
    digest(keyBits(options.issuer)),
    integer(options.about.serial),
  );
}

function certStatus(status: "good" | "revoked" | "unknown"): Der {
  switch (status) {
    case "good":
      return taggedBytes(0, Buffer.alloc(0));
    case "revoked":
      return tagged(1, generalizedTime(new Date(Date.now() - 24 * HOUR)), tagged(0, enumerated(1)));
    case "unknown":
      return taggedBytes(2, Buffer.alloc(0));
  }
}

function responseData(options: OcspOptions, responder: Certificate): Der {
  const thisUpdate = options.thisUpdate ?? new Date(Date.now() - HOUR);
  const nextUpdate = options.nextUpdate === undefined ? new Date(Date.now() + 24 * HOUR) : options.nextUpdate;
  return sequence(
    tagged(1, encodeName(responder.subject)),
    generalizedTime(options.producedAt ?? thisUpdate),
    sequence(
      sequence(
        certId(options),
        certStatus(options.status ?? "good"),
        generalizedTime(thisUpdate),
        ...(nextUpdate === null ? [] : [tagged(0, generalizedTime(nextUpdate))]),
      ),
    ),
  );
}

/** An OCSPResponse (RFC 6960 §4.2.1), DER, to staple. Good, fresh and signed by the issuer unless told otherwise. */
export function makeOcspResponse(options: OcspOptions): Buffer {
  if (options.failure !== undefined) {
    return encode(sequence(enumerated(options.failure)));
  }
  const responder = options.responder ?? options.issuer;
  const data = responseData(options, responder);
  const signature = Buffer.from(signWith(encode(data), responder.key, "sha256"));
  if (options.breakSignature === true) {
    const at = signature.length - 1;
    signature.writeUInt8(signature.readUInt8(at) ^ 1, at);
  }
  const delegated = options.responder !== undefined && options.omitCertificates !== true;
  const basic = sequence(
    data,
    signatureAlgorithm(responder.key.kind, "sha256"),
    bits(signature),
    ...(delegated ? [tagged(0, sequence(decode(responder.der)))] : []),
  );
  return encode(sequence(enumerated(0), tagged(0, sequence(oid("1.3.6.1.5.5.7.48.1.1"), octets(encode(basic))))));
}
