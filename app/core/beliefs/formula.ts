/**
 * Formulas of the logic of authentication: M. Burrows, M. Abadi, R. Needham, "A Logic of Authentication" (DEC SRC
 * Research Report 39, 1989), §2.1, "BAN" below. `means` is the reading of a message as a formula (BAN §2.3).
 *
 * Formulas are ground: principals, keys and data are names. Two formulas are the same when their `key` is.
 */

/** `C` this client, `S` the server of the origin, `IT` the organisation, or an issuer `CA:…`. */
export type Principal = string;

/** Anything that is no formula of the logic by itself: a message, a nonce, a fact about a certificate. */
export interface Datum {
  readonly kind: "datum";
  readonly name: string;
  /** What it says, in words. */
  readonly text: string;
  readonly key: string;
}

export interface Believes {
  readonly kind: "believes";
  readonly who: Principal;
  readonly what: Formula;
  readonly key: string;
}

export interface Sees {
  readonly kind: "sees";
  readonly who: Principal;
  readonly what: Formula;
  readonly key: string;
}

export interface Said {
  readonly kind: "said";
  readonly who: Principal;
  readonly what: Formula;
  readonly key: string;
}

/** `who` has jurisdiction over `what`. */
export interface Controls {
  readonly kind: "controls";
  readonly who: Principal;
  readonly what: Formula;
  readonly key: string;
}

export interface Fresh {
  readonly kind: "fresh";
  readonly what: Formula;
  readonly key: string;
}

/** `a` and `b` may use `secret` to communicate, and nobody else will know it. */
export interface SharedKey {
  readonly kind: "shared-key";
  readonly a: Principal;
  readonly b: Principal;
  readonly secret: string;
  readonly key: string;
}

/** `of` has `public` as its public key, and nobody else will know its inverse. */
export interface PublicKey {
  readonly kind: "public-key";
  readonly of: Principal;
  readonly public: string;
  readonly key: string;
}

/** `what` encrypted and authenticated under a shared key. */
export interface Encrypted {
  readonly kind: "encrypted";
  readonly what: Formula;
  readonly secret: string;
  readonly key: string;
}

/** `what` signed with the inverse of a public key. */
export interface Signed {
  readonly kind: "signed";
  readonly what: Formula;
  readonly public: string;
  readonly key: string;
}

export interface Conjunction {
  readonly kind: "conjunction";
  readonly left: Formula;
  readonly right: Formula;
  readonly key: string;
}

/** Once every formula of `given` holds, `message` is to be read as `meaning` (BAN §2.3, idealised protocols). */
export interface Means {
  readonly kind: "means";
  readonly message: Datum;
  readonly given: readonly Formula[];
  readonly meaning: Formula;
  readonly key: string;
}

export type Formula =
  | Datum
  | Believes
  | Sees
  | Said
  | Controls
  | Fresh
  | SharedKey
  | PublicKey
  | Encrypted
  | Signed
  | Conjunction
  | Means;

/** A text with its length before it, so that it can be told apart from what follows (no two keys read alike). */
function whole(text: string | number): string {
  return `${String(text).length}:${text}`;
}

/** @param parts what tells this datum from others of its name, e.g. a fingerprint. */
export function datum(name: string, parts: readonly (string | number)[], text: string): Datum {
  return { kind: "datum", name, text, key: [name, ...parts].map(whole).join("") };
}

export function believes<F extends Formula>(who: Principal, what: F): Believes & { readonly what: F } {
  return { kind: "believes", who, what, key: `(${who} believes ${what.key})` };
}

export function sees<F extends Formula>(who: Principal, what: F): Sees & { readonly what: F } {
  return { kind: "sees", who, what, key: `(${who} sees ${what.key})` };
}

export function said<F extends Formula>(who: Principal, what: F): Said & { readonly what: F } {
  return { kind: "said", who, what, key: `(${who} said ${what.key})` };
}

export function controls<F extends Formula>(who: Principal, what: F): Controls & { readonly what: F } {
  return { kind: "controls", who, what, key: `(${who} controls ${what.key})` };
}

export function fresh<F extends Formula>(what: F): Fresh & { readonly what: F } {
  return { kind: "fresh", what, key: `fresh(${what.key})` };
}

export function sharedKey(a: Principal, secret: string, b: Principal): SharedKey {
  return { kind: "shared-key", a, b, secret, key: `(${a} <-${whole(secret)}-> ${b})` };
}

export function publicKey(of: Principal, key: string): PublicKey {
  return { kind: "public-key", of, public: key, key: `(|-${whole(key)}-> ${of})` };
}

export function encrypted(what: Formula, secret: string): Encrypted {
  return { kind: "encrypted", what, secret, key: `{${what.key}}${whole(secret)}` };
}

export function signed(what: Formula, key: string): Signed {
  return { kind: "signed", what, public: key, key: `{${what.key}}${whole(key)}^-1` };
}

export function both(left: Formula, right: Formula): Conjunction {
  return { kind: "conjunction", left, right, key: `(${left.key}, ${right.key})` };
}

export function means(message: Datum, given: readonly Formula[], meaning: Formula): Means {
  const context = given.map((formula) => formula.key).join(" & ");
  return { kind: "means", message, given, meaning, key: `(${message.key} means ${meaning.key} given ${context})` };
}
