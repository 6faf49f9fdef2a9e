/**
 * The forms in which one passphrase may have gone into a PKCS#12 file. RFC 7292 §B.1 asks for a BMPString with two
 * zero octets at its end, PBES2 and PBMAC1 take UTF-8 (RFC 8018 §3, RFC 9579 §5); programs disagree about the empty
 * passphrase and about letters outside ASCII.
 */
export interface PassphraseForm {
  /** For RFC 7292's key derivation; null is the zero-length form without even the terminator. */
  readonly bmp: string | null;
  /** For PBKDF2. */
  readonly utf8: Buffer;
}

/** Forms to try, the standard's first. An empty text also stands for no passphrase at all. */
export function passphraseForms(passphrase: string): readonly PassphraseForm[] {
  if (passphrase === "") return [form(""), { bmp: null, utf8: Buffer.alloc(0) }];
  const composed = passphrase.normalize("NFC");
  const forms = [form(passphrase), ...(composed === passphrase ? [] : [form(composed)])];
  const octets = Buffer.from(passphrase, "utf8").toString("latin1");
  // OpenSSL before 1.1.0 widened each octet of the UTF-8 text instead of each character (passphrase-encoding(7)).
  return octets === passphrase ? forms : [...forms, { ...form(passphrase), bmp: octets }];
}

const form = (text: string): PassphraseForm => ({ bmp: text, utf8: Buffer.from(text, "utf8") });

/** Overwrites the copies that are ours; the text itself is the caller's, and no JavaScript string can be erased. */
export function forget(forms: readonly PassphraseForm[]): void {
  for (const { utf8 } of forms) utf8.fill(0);
}
