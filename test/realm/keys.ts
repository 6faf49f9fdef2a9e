import { execFileSync } from "node:child_process";
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as nodeSign,
} from "node:crypto";

export type KeyKind =
  | "rsa-1024"
  | "rsa-2048"
  | "rsa-3072"
  | "rsa-4096"
  | "rsa-pss-2048"
  | "p256"
  | "p384"
  | "p521"
  | "ed25519";

/** Hash of a signature; Ed25519 has its own and ignores this. */
export type SignatureHash = "md5" | "sha1" | "sha256" | "sha384" | "sha512";

/** A key pair in the encodings that servers and certificates need; BoringSSL cannot even parse some of them. */
export interface TestKey {
  readonly kind: KeyKind;
  /** PKCS#8. */
  readonly privatePem: string;
  /** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), DER. */
  readonly spki: Buffer;
}

const CURVES = { p256: "prime256v1", p384: "secp384r1", p521: "secp521r1" } as const;
const modulusLength = (kind: KeyKind): number => Number(kind.split("-").at(-1));

function privateKey(kind: KeyKind): KeyObject {
  switch (kind) {
    case "p256":
    case "p384":
    case "p521":
      return generateKeyPairSync("ec", { namedCurve: CURVES[kind] }).privateKey;
    case "ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    case "rsa-pss-2048":
      return generateKeyPairSync("rsa-pss", {
        modulusLength: 2048,
        hashAlgorithm: "sha256",
        mgf1HashAlgorithm: "sha256",
      }).privateKey;
    default:
      return generateKeyPairSync("rsa", { modulusLength: modulusLength(kind) }).privateKey;
  }
}

/** BoringSSL makes no RSASSA-PSS keys (RFC 4055): the system's OpenSSL does. */
function pssKeyFromOpenssl(): TestKey {
  const options = ["rsa_keygen_bits:2048", "rsa_pss_keygen_md:sha256", "rsa_pss_keygen_mgf1_md:sha256"];
  const pem = execFileSync("openssl", [
    "genpkey",
    "-quiet",
    "-algorithm",
    "RSA-PSS",
    ...options.flatMap((o) => ["-pkeyopt", o]),
  ]);
  const spki = execFileSync("openssl", ["pkey", "-pubout", "-outform", "DER"], { input: pem });
  return { kind: "rsa-pss-2048", privatePem: pem.toString(), spki };
}

const inBoringSsl = process.versions.electron !== undefined;

/** A new key. P-256 takes under a millisecond, RSA a tenth of a second: prefer P-256. */
export function generateKey(kind: KeyKind = "p256"): TestKey {
  if (kind === "rsa-pss-2048" && inBoringSsl) {
    return pssKeyFromOpenssl();
  }
  const key = privateKey(kind);
  return {
    kind,
    privatePem: key.export({ type: "pkcs8", format: "pem" }).toString(),
    spki: createPublicKey(key).export({ type: "spki", format: "der" }),
  };
}

function signWithOpenssl(data: Buffer, key: TestKey, hash: SignatureHash): Buffer {
  // `openssl dgst` takes its key from a file only: the data go through standard input, the key through a descriptor.
  return execFileSync(
    "bash",
    [
      "-c",
      `openssl dgst -${hash} -sign <(printf %s "$KEY") -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest`,
    ],
    {
      input: data,
      env: { ...process.env, KEY: key.privatePem },
    },
  );
}

/** Signs as X.509 does: PKCS#1 v1.5 for RSA, PSS with the digest's length as salt for RSA-PSS, DER for ECDSA. */
export function signWith(data: Buffer, key: TestKey, hash: SignatureHash): Buffer {
  if (key.kind === "ed25519") {
    return nodeSign(null, data, createPrivateKey(key.privatePem));
  }
  if (key.kind !== "rsa-pss-2048") {
    return nodeSign(hash, data, createPrivateKey(key.privatePem));
  }
  if (inBoringSsl) {
    return signWithOpenssl(data, key, hash);
  }
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  return nodeSign(hash, data, { key: key.privatePem, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}
