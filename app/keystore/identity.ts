import type { KeyObject } from "node:crypto";
import type { Fingerprint } from "../core/evidence.ts";

/** What may be shown of an identity; holds no secret. */
export interface Identity {
  /** SHA-256 of the leaf certificate's DER. */
  readonly fingerprint: Fingerprint;
  readonly name: string;
  /** RFC 4514. */
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** e.g. `RSA 2048`, `EC P-256`, `Ed25519`. */
  readonly keyType: string;
  /** False when key usage or extended key usage rules client authentication out (RFC 5280 §4.2.1.3, §4.2.1.12). */
  readonly clientAuthentication: boolean;
}

/** An identity with its chain and key, in the main process only, while used. */
export interface IdentityWithKey extends Identity {
  /** PEM, leaf first. */
  readonly chain: readonly string[];
  readonly key: KeyObject;
}

/**
 * The operating system's keychain, one secret per account name under one service name. Every method may throw Refusal
 * `keystore.absent`, `keystore.locked` or `keystore.refused`; a locked keychain must never answer "not there". There is
 * no listing: keytar's crashes the process when gnome-keyring is locked, and on Windows finds other services' entries.
 */
export interface Keychain {
  get(account: string): Promise<string | undefined>;
  /** Adds or replaces. The secret is ASCII without newlines, at most 2,560 bytes. */
  set(account: string, secret: string): Promise<void>;
  /** @returns whether there was one */
  delete(account: string): Promise<boolean>;
}

/** The set of identities. Every method may throw Refusal `keystore.*`. */
export interface Keystore {
  list(): Promise<readonly Identity[]>;
  /** Adds every identity of a PKCS#12 file (RFC 7292), or none. */
  importPkcs12(file: Buffer, passphrase: string): Promise<readonly Identity[]>;
  remove(fingerprint: Fingerprint): Promise<void>;
  /** The identity to prove ourselves with: newest notBefore among those valid now. @throws `client.no-identity` */
  select(issuer: string, now: number): Promise<IdentityWithKey>;
}
