/** Identities out of a PKCS#12 file (RFC 7292): each private key with its certificate and the certificates above. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { Refusal } from "../core/refusal.ts";
import * as ber from "./ber.ts";
import { type Certificate, publicKeyOf, readCertificate } from "./certificate.ts";
import { formatDistinguishedName } from "./distinguished-names.ts";
import type { CertificateBag } from "./pkcs12-bags.ts";
import { type OpenContainer, type OpenKey, openContainer } from "./pkcs12-container.ts";

/** Larger files are not looked at: a certificate file has a few KiB. */
export const MAX_PKCS12_BYTES = 1_048_576;

/** A key, its certificate, and what leads from there towards the root. */
export interface KeyedChain {
  readonly name: string;
  /** Leaf first, without a self-signed root, which no server needs to be sent. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  readonly key: KeyObject;
}

const MAX_CHAIN = 10;
const MAX_NAME = 200;

/**
 * Reads every identity of the file, or fails as a whole.
 *
 * @throws Refusal `keystore.file-too-large` (before anything is parsed), `keystore.passphrase`,
 *   `keystore.file-damaged`, `keystore.unsupported`, `keystore.key-without-certificate`,
 *   `keystore.certificate-without-key`
 */
export async function readPkcs12(file: Buffer, passphrase: string): Promise<readonly KeyedChain[]> {
  if (file.length > MAX_PKCS12_BYTES) {
    throw new Refusal("keystore.file-too-large", {
      value: `${file.length} bytes`,
      fault: "The file is too large for a certificate file",
      expected: `at most ${MAX_PKCS12_BYTES} bytes`,
    });
  }
  return pair(await openContainer(file, passphrase));
}

interface NamedCertificate extends CertificateBag {
  readonly certificate: Certificate;
}

function pair({ keys, certificates }: OpenContainer): readonly KeyedChain[] {
  const named = certificates.map((bag) => ({ ...bag, certificate: readCertificate(bag.der) }));
  if (keys.length === 0 && named.length === 0) throw ber.damaged("The file holds neither a key nor a certificate");
  if (keys.length === 0) {
    const names = named.map(({ certificate }) => formatDistinguishedName(certificate.subject));
    throw new Refusal("keystore.certificate-without-key", {
      value: names.slice(0, 3).join("; "),
      fault: "The file holds certificates but no private key",
    });
  }
  const parentOf = issuerFinder(named.map(({ certificate }) => certificate));
  const chains = keys.flatMap((key) =>
    certificatesOf(key, named).map((leaf) => ({
      name: nameOf(key, leaf),
      chain: chainOf(leaf.certificate, parentOf),
      key: key.key,
    })),
  );
  return [...new Map(chains.map((one) => [one.chain[0].fingerprint, one])).values()];
}

/**
 * Certificates of the key: those that localKeyId (RFC 7292 §4.2) points to, otherwise all; and of these only such
 * whose public key is the key's own, since the attribute is a hint that anyone can write.
 */
function certificatesOf(key: OpenKey, certificates: readonly NamedCertificate[]): readonly NamedCertificate[] {
  const publicKey = createPublicKey(key.key);
  const fitting = certificates.filter(({ certificate }) => publicKeyOf(certificate)?.equals(publicKey) ?? false);
  const pointed = fitting.filter(({ localKeyId }) => localKeyId !== undefined && localKeyId === key.localKeyId);
  if (fitting.length === 0) {
    throw new Refusal("keystore.key-without-certificate", {
      value: key.friendlyName ?? "key without a name",
      fault: "The file holds a private key but no certificate with its public key",
    });
  }
  return pointed.length > 0 ? pointed : fitting;
}

/** Finds the certificate that issued another, by name and signature; each is looked for once. */
function issuerFinder(certificates: readonly Certificate[]): (certificate: Certificate) => Certificate | undefined {
  const found = new Map<string, Certificate | undefined>();
  return (certificate) => {
    if (!found.has(certificate.fingerprint)) {
      found.set(
        certificate.fingerprint,
        certificates.find((candidate) => issued(candidate, certificate)),
      );
    }
    return found.get(certificate.fingerprint);
  };
}

function issued(issuer: Certificate, subject: Certificate): boolean {
  if (issuer.fingerprint === subject.fingerprint || !subject.x509.checkIssued(issuer.x509)) return false;
  const key = publicKeyOf(issuer);
  try {
    return key !== undefined && subject.x509.verify(key);
  } catch {
    return false;
  }
}

/** Ends at a root, at a gap, and where certificates have issued each other in a circle. */
function chainOf(
  leaf: Certificate,
  parentOf: (certificate: Certificate) => Certificate | undefined,
): readonly [Certificate, ...Certificate[]] {
  const chain: [Certificate, ...Certificate[]] = [leaf];
  const seen = new Set([leaf.fingerprint]);
  for (let next = parentOf(leaf); next !== undefined && chain.length < MAX_CHAIN; next = parentOf(next)) {
    const selfIssued = next.x509.checkIssued(next.x509);
    if (selfIssued || seen.has(next.fingerprint)) break;
    seen.add(next.fingerprint);
    chain.push(next);
  }
  return chain;
}

/** The friendly name, else the common name, else the whole subject; without characters that could disturb a line. */
function nameOf(key: OpenKey, { friendlyName, certificate }: NamedCertificate): string {
  const commonName = certificate.subject.flat().find(({ type }) => type === COMMON_NAME)?.value;
  const candidates = [key.friendlyName, friendlyName, commonName, formatDistinguishedName(certificate.subject)];
  const cleaned = candidates.map((name) => (name ?? "").replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "").trim());
  return (cleaned.find((name) => name !== "") ?? certificate.fingerprint).slice(0, MAX_NAME);
}

const COMMON_NAME = "2.5.4.3";
