/** Opens a PKCS#12 file (RFC 7292): verifies its MAC, decrypts its contents and yields keys and certificates. */
import type { KeyObject } from "node:crypto";
import { Refusal } from "../core/refusal.ts";
import * as ber from "./ber.ts";
import { DerivationBudget } from "./key-derivation.ts";
import { forget, type PassphraseForm, passphraseForms } from "./passphrase.ts";
import { type Decrypt, prepareDecryption, unsupported } from "./passphrase-encryption.ts";
import { type Bags, type CertificateBag, type KeyBag, readSafeContents } from "./pkcs12-bags.ts";
import { prepareMac, type VerifyMac } from "./pkcs12-mac.ts";
import { readPrivateKey } from "./private-key.ts";

export interface OpenKey {
  readonly key: KeyObject;
  readonly friendlyName?: string;
  readonly localKeyId?: string;
}

export interface OpenContainer {
  readonly keys: readonly OpenKey[];
  readonly certificates: readonly CertificateBag[];
}

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";

interface Container {
  readonly plain: readonly Buffer[];
  readonly encrypted: readonly Decrypt[];
  readonly verifyMac?: VerifyMac;
}

/**
 * @throws Refusal `keystore.passphrase`, `keystore.file-damaged`, `keystore.unsupported`. A file that is not sound is
 *   reported as such: `keystore.passphrase` only where another passphrase could open it.
 */
export async function openContainer(file: Buffer, passphrase: string): Promise<OpenContainer> {
  const container = readContainer(file);
  const forms = passphraseForms(passphrase);
  const budget = new DerivationBudget();
  try {
    return await open(container, forms, budget);
  } finally {
    forget(forms);
  }
}

async function open(
  container: Container,
  forms: readonly PassphraseForm[],
  budget: DerivationBudget,
): Promise<OpenContainer> {
  const { verifyMac } = container;
  if (verifyMac === undefined) return new Opener(forms, budget).open(container);
  const verified = await firstForm(forms, (form) => verifyMac(form, budget));
  if (verified === undefined) throw await macMismatch(container, forms, budget);
  // An empty passphrase may have gone in one way into the MAC and the other way into the encryption.
  const ordered = [verified, ...forms.filter((form) => form !== verified)];
  return new Opener(ordered, budget, { intact: true }).open(container);
}

async function firstForm(
  forms: readonly PassphraseForm[],
  fits: (form: PassphraseForm) => Promise<boolean>,
): Promise<PassphraseForm | undefined> {
  for (const form of forms) if (await fits(form)) return form;
  return undefined;
}

/** The passphrase is right, and the file is not, when encrypted content opens although its MAC does not hold. */
async function macMismatch(
  container: Container,
  forms: readonly PassphraseForm[],
  budget: DerivationBudget,
): Promise<Refusal> {
  return (await new Opener(forms, budget).opensAnyPart(container))
    ? ber.damaged("The file's integrity check fails although the passphrase opens its content")
    : wrongPassphrase("The file's integrity check fails with this passphrase");
}

const wrongPassphrase = (fault: string): Refusal =>
  new Refusal("keystore.passphrase", { fault, expected: "the passphrase that the file was made with" });

class Opener {
  /** True as soon as one encrypted part has been opened. */
  #opened = false;
  #forms: readonly PassphraseForm[];
  readonly #budget: DerivationBudget;
  readonly #intact: boolean;

  /** @param options `intact` when the MAC has shown that the file is as it was made */
  constructor(forms: readonly PassphraseForm[], budget: DerivationBudget, options = { intact: false }) {
    this.#forms = forms;
    this.#budget = budget;
    this.#intact = options.intact;
  }

  async open(container: Container): Promise<OpenContainer> {
    const bags: Bags = { keys: [], certificates: [] };
    for (const plain of container.plain) readSafeContents(plain, bags);
    for (const decrypt of container.encrypted) await this.#openContents(decrypt, bags);
    const keys: OpenKey[] = [];
    for (const bag of bags.keys) keys.push(await this.#openKey(bag));
    return { keys, certificates: bags.certificates };
  }

  /** Tries each encrypted part by itself, whatever becomes of the others. */
  async opensAnyPart(container: Container): Promise<boolean> {
    const bags: Bags = { keys: [], certificates: [] };
    await ignoringRefusals(() => {
      for (const plain of container.plain) readSafeContents(plain, bags);
    });
    for (const decrypt of container.encrypted) await ignoringRefusals(() => this.#openContents(decrypt, bags));
    for (const bag of bags.keys) await ignoringRefusals(() => this.#openKey(bag));
    return this.#opened;
  }

  #openContents(decrypt: Decrypt, bags: Bags): Promise<void> {
    return this.#decrypt(decrypt, (plaintext) => {
      const found: Bags = { keys: [], certificates: [] };
      readSafeContents(plaintext, found);
      bags.keys.push(...found.keys);
      bags.certificates.push(...found.certificates);
    });
  }

  async #openKey(bag: KeyBag): Promise<OpenKey> {
    if ("pkcs8" in bag) {
      const { pkcs8, ...names } = bag;
      return { key: readPrivateKey(pkcs8), ...names };
    }
    const { encryption, encrypted, ...names } = bag;
    const key = await this.#decrypt(prepareDecryption(encryption, encrypted), readPrivateKey);
    return { key, ...names };
  }

  /** Decrypts with the first form of the passphrase whose plaintext can be read. */
  async #decrypt<T>(decrypt: Decrypt, read: (plaintext: Buffer) => T): Promise<T> {
    for (const form of this.#forms) {
      const plaintext = await decrypt(form, this.#budget);
      if (plaintext === undefined) continue;
      try {
        const result = read(plaintext);
        this.#opened = true;
        this.#forms = [form, ...this.#forms.filter((other) => other !== form)];
        return result;
      } catch (error) {
        // Garbage that happens to end like padding: the next form may do better.
        if (!(error instanceof Refusal) || error.code !== "keystore.file-damaged") throw error;
      } finally {
        plaintext.fill(0);
      }
    }
    throw this.#opened && !this.#intact
      ? ber.damaged("A part of the file does not open with the passphrase that opens another part")
      : wrongPassphrase("The content does not open with this passphrase");
  }
}

async function ignoringRefusals(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

/** PFX (RFC 7292 §4): everything that can be read before a passphrase is needed. */
function readContainer(file: Buffer): Container {
  const [version, authSafe, macData, ...more] = ber.sequence(ber.decode(file, "The file"), "PFX");
  const number = ber.count(version, "PFX version");
  if (number !== 3) throw unsupported("version of PKCS#12", String(number));
  if (more.length > 0) throw ber.damaged("PFX holds more than version, content and MAC");
  const content = dataOf(authSafe, "authenticated safe");
  const plain: Buffer[] = [];
  const encrypted: Decrypt[] = [];
  for (const info of ber.sequence(ber.decode(content, "AuthenticatedSafe"), "AuthenticatedSafe")) {
    const [type, value] = ber.sequence(info, "ContentInfo");
    const oid = ber.oid(type, "type of content");
    if (oid === ENCRYPTED_DATA) encrypted.push(readEncryptedData(ber.explicit(value, 0, "EncryptedData")));
    else if (oid === DATA) plain.push(ber.octets(ber.explicit(value, 0, "content"), "content"));
    else throw unsupported("kind of protection", oid);
  }
  return { plain, encrypted, ...(macData === undefined ? {} : { verifyMac: prepareMac(macData, content) }) };
}

function dataOf(contentInfo: ber.Node | undefined, what: string): Buffer {
  const [type, value] = ber.sequence(contentInfo, what);
  const oid = ber.oid(type, `type of ${what}`);
  if (oid !== DATA) throw unsupported("kind of integrity protection", oid);
  return ber.octets(ber.explicit(value, 0, what), what);
}

/** EncryptedData (RFC 5652 §8). */
function readEncryptedData(node: ber.Node): Decrypt {
  const [version, info] = ber.sequence(node, "EncryptedData");
  ber.count(version, "version of EncryptedData");
  const [type, algorithm, content] = ber.sequence(info, "EncryptedContentInfo");
  ber.oid(type, "type of encrypted content");
  return prepareDecryption(
    ber.algorithm(algorithm, "encryption of content"),
    ber.octets(content, "encrypted content", 0),
  );
}
