import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificate } from "./certificates.ts";

/** A PKCS#12 file (RFC 7292) with the certificate, its issuers and its key, as `openssl pkcs12 -export` writes it. */
export function makePkcs12(
  certificate: Pick<Certificate, "keyPem" | "chainPem" | "subject">,
  options: { readonly passphrase: string; readonly name?: string; readonly legacy?: boolean },
): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "countersign-p12-"));
  const input = join(directory, "input.pem");
  const output = join(directory, "output.p12");
  try {
    writeFileSync(input, certificate.keyPem + certificate.chainPem, { mode: 0o600 });
    execFileSync(
      "openssl",
      [
        "pkcs12",
        "-export",
        "-in",
        input,
        "-out",
        output,
        "-name",
        options.name ?? certificate.subject,
        "-passout",
        "env:PASSPHRASE",
        ...(options.legacy === true ? ["-legacy"] : []),
      ],
      { env: { ...process.env, PASSPHRASE: options.passphrase }, stdio: "pipe" },
    );
    return readFileSync(output);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
