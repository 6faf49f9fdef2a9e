import { constants } from "node:crypto";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { Refusal } from "../core/refusal.ts";
import type { Credentials } from "./authenticator.ts";
import { CIPHER_SUITES } from "./cipher-suites.ts";

const SIGNATURE_ALGORITHMS = [
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512",
  "ed25519",
  "rsa_pss_rsae_sha256",
  "rsa_pss_rsae_sha384",
  "rsa_pss_rsae_sha512",
  "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
];
/** For keys that are bound to RSASSA-PSS (RFC 8446 §4.2.3); BoringSSL rejects a list that names them. */
const PSS_KEY_ALGORITHMS = ["rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512"];

/** BoringSSL's header has no such option, and its Node leaves renegotiation on: the tap ends it under both. */
const NO_RENEGOTIATION = constants.SSL_OP_NO_RENEGOTIATION ?? 0;

const BASE: SecureContextOptions = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  ciphers: [...CIPHER_SUITES.values()].map((suite) => suite.opensslName).join(":"),
  ecdhCurve: "X25519:P-256:P-384:P-521",
  // An empty list, and not none: none would load the platform's roots and those of NODE_EXTRA_CA_CERTS.
  ca: [],
  secureOptions: constants.SSL_OP_NO_TICKET | NO_RENEGOTIATION,
};

let sigalgs: string | undefined;

/** Every algorithm that this runtime's library knows. */
function signatureAlgorithms(): string {
  if (sigalgs !== undefined) return sigalgs;
  const all = [...SIGNATURE_ALGORITHMS, ...PSS_KEY_ALGORITHMS].join(":");
  try {
    createSecureContext({ ...BASE, sigalgs: all });
    sigalgs = all;
  } catch {
    sigalgs = SIGNATURE_ALGORITHMS.join(":");
  }
  return sigalgs;
}

/** How long a key that is not in use stays in memory, milliseconds. */
const KEY_REST = 60_000;

/**
 * TLS contexts, made once for the channels without an identity and once for the identity in use: parsing a key and
 * its chain costs OpenSSL most of a millisecond. An identity's context is forgotten a minute after its last use.
 */
export class SecureContexts {
  #anonymous: SecureContext | undefined;
  #own: { readonly fingerprint: string; readonly context: SecureContext; readonly forget: NodeJS.Timeout } | undefined;

  /** @throws Refusal `client.identity-unsupported` when the library cannot use this kind of key */
  for(credentials: Credentials | undefined): SecureContext {
    if (credentials === undefined) {
      this.#anonymous ??= createSecureContext({ ...BASE, sigalgs: signatureAlgorithms() });
      return this.#anonymous;
    }
    const { fingerprint } = credentials.facts;
    if (this.#own?.fingerprint !== fingerprint) {
      clearTimeout(this.#own?.forget);
      const context = identityContext(credentials);
      const forget = setTimeout(() => {
        this.#own = undefined;
      }, KEY_REST).unref();
      this.#own = { fingerprint, context, forget };
    }
    this.#own.forget.refresh();
    return this.#own.context;
  }
}

function identityContext(credentials: Credentials): SecureContext {
  try {
    return createSecureContext({
      ...BASE,
      sigalgs: signatureAlgorithms(),
      cert: credentials.chain,
      key: credentials.key.export({ type: "pkcs8", format: "pem" }),
    });
  } catch (cause) {
    const { asymmetricKeyType = "unknown" } = credentials.key;
    throw new Refusal(
      "client.identity-unsupported",
      { value: `${asymmetricKeyType} key`, fault: "this TLS library cannot use the identity's key or chain" },
      { cause },
    );
  }
}

/** @types/node lacks what `tls.connect` passes on. */
type TlsOptions = ConnectionOptions & { readonly requestOCSP: boolean };

/**
 * How Countersign speaks TLS, all of it: TLS 1.2 and 1.3; ephemeral ECDH with AEAD suites; explicit signature
 * algorithms and groups; SNI; HTTP/1.1 by ALPN where HTTP is spoken; a stapled OCSP answer asked for; no session offered and no ticket
 * asked for in TLS 1.2, those of TLS 1.3 never used; no early data; no renegotiation.
 *
 * The platform's judgement is switched off because it is more lenient than ours, and cannot let anything pass: the
 * tap holds our second flight until the authenticators have judged the certificates. No environment variable changes
 * what is trusted, for the platform's roots are not even loaded.
 *
 * Measured with these lists (Node 20 with OpenSSL 3.0; Electron 33 with BoringSSL), in TLS 1.2 and 1.3 alike:
 * - the server's key and ours may be RSA, P-256, P-384, P-521 or Ed25519 with both libraries, though BoringSSL's own
 *   defaults lack the last two; a key bound to RSASSA-PSS works with OpenSSL alone;
 * - groups X25519, P-256, P-384, P-521 work with both; X25519 is tried first, another takes a HelloRetryRequest;
 * - TLS 1.3 always offers ChaCha20-Poly1305 under BoringSSL, whatever the list says.
 */
export function connectionOptions(
  tap: Duplex,
  host: string,
  secureContext: SecureContext,
  application: "http/1.1" | "ldap" = "http/1.1",
): TlsOptions {
  return {
    socket: tap,
    servername: host,
    // LDAP has no protocol identifier (RFC 7301 §6).
    ...(application === "ldap" ? {} : { ALPNProtocols: [application] }),
    requestOCSP: true,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    secureContext,
  };
}
