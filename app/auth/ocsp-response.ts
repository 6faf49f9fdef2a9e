/** OCSP responses as RFC 6960 §4.2 lays them out: read here, judged in ocsp-staple.ts. */
import { Enumerated } from "asn1js";
import {
  bitsOf,
  bytesOf,
  contentOf,
  countOf,
  decodeDer,
  explicitly,
  integerOf,
  Malformed,
  type Node,
  octetsOf,
  oidOf,
  sequenceOf,
  taggedMembers,
  tagOf,
  timeOf,
} from "./asn1.ts";
import { type DirectoryName, readName } from "./directory-name.ts";
import { type AlgorithmIdentifier, readAlgorithm, readExtensions } from "./x509-certificate.ts";

export interface CertId {
  readonly hash: AlgorithmIdentifier;
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  readonly serial: Buffer;
}

export interface SingleResponse {
  readonly certId: CertId;
  readonly status: "good" | "revoked" | "unknown";
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate?: number;
}

export type ResponderId = { readonly name: DirectoryName } | { readonly keyHash: Buffer };

export interface OcspResponse {
  readonly signed: Buffer;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Buffer;
  readonly responder: ResponderId;
  /** Milliseconds since the epoch. */
  readonly producedAt: number;
  readonly responses: readonly SingleResponse[];
  /** DER of the certificates sent along. */
  readonly certificates: readonly Buffer[];
}

/** Larger ones are hostile or broken. */
const MAX_BYTES = 32_768;
const BASIC = "1.3.6.1.5.5.7.48.1.1";
const STATUS = ["successful", "malformedRequest", "internalError", "tryLater", "(4)", "sigRequired", "unauthorized"];

function readCertId(node: Node | undefined): CertId {
  const [hash, name, key, serial, ...more] = sequenceOf(node, "CertID");
  if (more.length > 0) {
    throw new Malformed("CertID has too many fields");
  }
  return {
    hash: readAlgorithm(hash, "CertID hash"),
    issuerNameHash: octetsOf(name, "issuerNameHash"),
    issuerKeyHash: octetsOf(key, "issuerKeyHash"),
    serial: integerOf(serial, "serial number"),
  };
}

const CERT_STATUS = ["good", "revoked", "unknown"] as const;

function readStatus(node: Node | undefined): SingleResponse["status"] {
  const status = CERT_STATUS[tagOf(node) ?? -1];
  if (node === undefined || status === undefined || node.idBlock.isConstructed !== (status === "revoked")) {
    throw new Malformed("certStatus must be good, revoked or unknown");
  }
  return status;
}

/** Nothing here processes an extension of a response, so none may be critical (RFC 6960 §4.4). */
function checkExtensions(node: Node): void {
  const critical = readExtensions(explicitly(node, 1, "extensions")).find((one) => one.critical);
  if (critical !== undefined) {
    throw new Malformed(`the response has the unknown critical extension ${critical.oid}`);
  }
}

function readSingle(node: Node): SingleResponse {
  const [certId, status, thisUpdate, ...optional] = sequenceOf(node, "single response");
  const tags = optional.map(tagOf).join();
  if (!["", "0", "1", "0,1"].includes(tags)) {
    throw new Malformed("single response has unknown fields");
  }
  const next = optional.find((one) => tagOf(one) === 0);
  optional.filter((one) => tagOf(one) === 1).forEach(checkExtensions);
  return {
    certId: readCertId(certId),
    status: readStatus(status),
    thisUpdate: timeOf(thisUpdate, "thisUpdate"),
    ...(next === undefined ? {} : { nextUpdate: timeOf(explicitly(next, 0, "nextUpdate"), "nextUpdate") }),
  };
}

function readResponder(node: Node | undefined): ResponderId {
  const tag = tagOf(node);
  if (tag !== 1 && tag !== 2) {
    throw new Malformed("responderID must be a name or a key hash");
  }
  const inner = explicitly(node, tag, "responderID");
  return tag === 1 ? { name: readName(inner, "responder") } : { keyHash: octetsOf(inner, "responder's key hash") };
}

function readResponseData(node: Node | undefined): Pick<OcspResponse, "responder" | "producedAt" | "responses"> {
  const fields = sequenceOf(node, "response data");
  const versioned = tagOf(fields[0]) === 0;
  if (versioned && countOf(explicitly(fields[0], 0, "version"), "version") !== 0) {
    throw new Malformed("the response has another version than 1");
  }
  const [responder, producedAt, responses, extensions, ...more] = versioned ? fields.slice(1) : fields;
  if (more.length > 0) {
    throw new Malformed("response data has unknown fields");
  }
  if (extensions !== undefined) {
    checkExtensions(extensions);
  }
  return {
    responder: readResponder(responder),
    producedAt: timeOf(producedAt, "producedAt"),
    responses: sequenceOf(responses, "responses").map(readSingle),
  };
}

/** The basic response inside; a response without an answer names its status. */
function basicOf(staple: Buffer): Node {
  const [status, bytes, ...more] = sequenceOf(decodeDer(staple, "OCSP response"), "OCSP response");
  const code = status instanceof Enumerated ? (contentOf(status, "responseStatus")[0] ?? -1) : -1;
  if (code !== 0 || more.length > 0) {
    throw new Malformed(`the responder answered ${STATUS[code] ?? "something unknown"} instead of successful`);
  }
  const [type, basic] = sequenceOf(explicitly(bytes, 0, "responseBytes"), "responseBytes");
  if (oidOf(type, "response type") !== BASIC) {
    throw new Malformed("the response is of another type than id-pkix-ocsp-basic");
  }
  return decodeDer(octetsOf(basic, "response"), "basic OCSP response");
}

/** @throws Malformed */
export function readOcspResponse(staple: Buffer): OcspResponse {
  if (staple.byteLength > MAX_BYTES) {
    throw new Malformed(`an OCSP response of ${staple.byteLength} bytes; expected at most ${MAX_BYTES}`);
  }
  const [data, algorithm, signature, certificates, ...more] = sequenceOf(basicOf(staple), "basic OCSP response");
  if (data === undefined || more.length > 0) {
    throw new Malformed("basic OCSP response has missing or unknown fields");
  }
  const sent = certificates === undefined ? [] : taggedMembers(certificates, 0, "certs");
  return {
    signed: bytesOf(data),
    signatureAlgorithm: readAlgorithm(algorithm, "signature algorithm"),
    signature: bitsOf(signature, "signature").octets,
    ...readResponseData(data),
    certificates: sent.flatMap((list) => sequenceOf(list, "certs").map(bytesOf)),
  };
}
