/** SafeContents of a PKCS#12 file: bags of keys and certificates with their attributes (RFC 7292 §4.2). */
import * as ber from "./ber.ts";

/** What an attribute set says; other attributes are not looked at. */
interface BagNames {
  readonly friendlyName?: string;
  /** Hex. */
  readonly localKeyId?: string;
}

export interface CertificateBag extends BagNames {
  readonly der: Buffer;
}

/** A private key, in clear (PrivateKeyInfo) or still encrypted. */
export type KeyBag = BagNames &
  ({ readonly pkcs8: Buffer } | { readonly encryption: ber.Algorithm; readonly encrypted: Buffer });

export interface Bags {
  readonly certificates: CertificateBag[];
  readonly keys: KeyBag[];
}

const BAG = "1.2.840.113549.1.12.10.1.";
const X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";
const FRIENDLY_NAME = "1.2.840.113549.1.9.20";
const LOCAL_KEY_ID = "1.2.840.113549.1.9.21";

/** A file of one person has a handful; matching and chain building grow with their product. */
const MAX_BAGS = 100;
const MAX_NESTED_CONTENTS = 4;

/** Adds the bags of one SafeContents to `into`. CRLs, secrets and unknown bags are passed over. @throws Refusal */
export function readSafeContents(bytes: Buffer, into: Bags): void {
  readBags(ber.decode(bytes, "SafeContents"), into, 0);
}

function readBags(safeContents: ber.Node, into: Bags, depth: number): void {
  if (depth > MAX_NESTED_CONTENTS) throw ber.damaged("SafeContents are nested too deeply");
  for (const bag of ber.sequence(safeContents, "SafeContents")) {
    const [identifier, value, attributes] = ber.sequence(bag, "SafeBag");
    const type = ber.oid(identifier, "type of SafeBag");
    const content = ber.explicit(value, 0, "value of SafeBag");
    if (type === `${BAG}6`) readBags(content, into, depth + 1);
    else addBag(type, content, attributes, into);
    if (into.keys.length + into.certificates.length > MAX_BAGS) {
      throw ber.damaged("The file has too many keys and certificates", `at most ${MAX_BAGS}`);
    }
  }
}

function addBag(type: string, content: ber.Node, attributes: ber.Node | undefined, into: Bags): void {
  if (type === `${BAG}1`) into.keys.push({ pkcs8: ber.encode(content), ...readNames(attributes) });
  if (type === `${BAG}2`) into.keys.push({ ...readEncryptedKey(content), ...readNames(attributes) });
  if (type !== `${BAG}3`) return;
  const [certificateType, certificate] = ber.sequence(content, "CertBag");
  if (ber.oid(certificateType, "type of certificate") !== X509_CERTIFICATE) return;
  const der = ber.octets(ber.explicit(certificate, 0, "certificate"), "certificate");
  into.certificates.push({ der, ...readNames(attributes) });
}

/** EncryptedPrivateKeyInfo (RFC 5958 §3). */
function readEncryptedKey(content: ber.Node): { encryption: ber.Algorithm; encrypted: Buffer } {
  const [encryption, encrypted] = ber.sequence(content, "EncryptedPrivateKeyInfo");
  return {
    encryption: ber.algorithm(encryption, "encryption of a private key"),
    encrypted: ber.octets(encrypted, "encrypted private key"),
  };
}

function readNames(attributes: ber.Node | undefined): BagNames {
  if (attributes === undefined) return {};
  let names: BagNames = {};
  for (const attribute of ber.set(attributes, "attributes of a SafeBag")) {
    const [type, values] = ber.sequence(attribute, "attribute of a SafeBag");
    const [value] = ber.set(values, "values of an attribute");
    const oid = ber.oid(type, "type of an attribute");
    if (value === undefined) continue;
    if (oid === FRIENDLY_NAME) {
      const friendlyName = ber.text(value);
      if (friendlyName !== undefined) names = { ...names, friendlyName };
    }
    if (oid === LOCAL_KEY_ID && ber.isOctetString(value)) {
      names = { ...names, localKeyId: ber.octets(value, "localKeyId").toString("hex") };
    }
  }
  return names;
}
