/** Client identities and their PKCS#12 files, made for one run. */
import {
  type Authority,
  type Certificate,
  type CertificateOptions,
  CLIENT_LEAF,
  makeAuthority,
} from "../realm/certificates.ts";
import { makePkcs12 } from "../realm/pkcs12.ts";

export const PASSPHRASE = "correct horse";
export const ISSUER = "CN=Example Client CA";

export interface ClientIdentity {
  readonly certificate: Certificate;
  readonly file: Buffer;
}

export const makeClientAuthority = (): Authority => makeAuthority({ subject: ISSUER });

/** @param options as for a leaf with digital signature and client authentication */
export function makeClientIdentity(
  authority: Authority,
  {
    passphrase = PASSPHRASE,
    legacy = false,
    ...options
  }: CertificateOptions & { passphrase?: string; legacy?: boolean } = {},
): ClientIdentity {
  const certificate = authority.issue({ subject: "CN=Alice", ...CLIENT_LEAF, ...options });
  return { certificate, file: makePkcs12(certificate, { passphrase, legacy }) };
}
