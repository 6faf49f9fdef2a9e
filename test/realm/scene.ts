import {
  type Authority,
  type Certificate,
  type CertificateOptions,
  CLIENT_LEAF,
  makeAuthority,
} from "./certificates.ts";

/** The name that the genuine server has in every scene. */
export const HOST = "bank.example";
export const CLIENT_ISSUER = "CN=Example Client CA";

/**
 * Who there is in one run: the bank with its certificates, the user with an identity, and strangers whom nobody
 * trusts.
 */
export interface Scene {
  /** The profile's anchor. */
  readonly root: Authority;
  readonly issuing: Authority;
  /** The bank's leaf: P-256, issued by `issuing`. */
  readonly genuine: Certificate;
  /** The bank's spare key, pinned and not in use. */
  readonly backup: Certificate;
  /** An authority that the profile does not name. */
  readonly strangeRoot: Authority;
  readonly clientAuthority: Authority;
  readonly identity: Certificate;
  /** Another authority of clients, which did not issue the user's identity. */
  readonly otherClientAuthority: Authority;
  /** A leaf for the bank's name, in order in every way; options put in the fault. */
  leaf(options?: CertificateOptions): Certificate;
}

export function makeScene(): Scene {
  const root = makeAuthority({ subject: "CN=Bank Root CA,O=Example Bank" });
  const issuing = root.issueAuthority({ subject: "CN=Bank Issuing CA,O=Example Bank" });
  const leaf = (options: CertificateOptions = {}): Certificate => issuing.issue({ names: { dns: [HOST] }, ...options });
  const clientAuthority = makeAuthority({ subject: CLIENT_ISSUER });
  return {
    root,
    issuing,
    genuine: leaf(),
    backup: leaf(),
    strangeRoot: makeAuthority({ subject: "CN=Public CA that anyone can ask" }),
    clientAuthority,
    identity: clientAuthority.issue({ ...CLIENT_LEAF, subject: "CN=Ada Example,O=Example Bank" }),
    otherClientAuthority: makeAuthority({ subject: "CN=Other Client CA" }),
    leaf,
  };
}
