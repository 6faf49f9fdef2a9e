/**
 * Formulas of the logic of authentication: M. Burrows, M. Abadi, R. Needham, "A Logic of Authentication" (DEC SRC
 * Research Report 39, 1989), §2.1, "BAN" below. `means` is the reading of a message as a formula (BAN §2.3).
 *
 * Formulas are ground: principals, keys and data are names. Two formulas are one when all their parts are (`same`).
 */

/** `C` this client, `S` the server of the origin, `IT` the organisation, or an issuer `CA:…`. */
export type Principal = string;

/** Anything that is no formula of the logic by itself: a message, a nonce, a fact about a certificate. */
export interface Datum {
  readonly kind: "datum";
  readonly name: string;
  /** What tells it from others of its name. */
  readonly parts: readonly string[];
  /** What it says, in words. */
  readonly text: string;
}

export interface Believes {
  readonly kind: "believes";
  readonly who: Principal;
  readonly what: Formula;
}

export interface Sees {
  readonly kind: "sees";
  readonly who: Principal;
  readonly what: Formula;
}

export interface Said {
  readonly kind: "said";
  readonly who: Principal;
  readonly what: Formula;
}

/** `who` has jurisdiction over `what`. */
export interface Controls {
  readonly kind: "controls";
  readonly who: Principal;
  readonly what: Formula;
}

export interface Fresh {
  readonly kind: "fresh";
  readonly what: Formula;
}

/** `a` and `b` may use `secret` to communicate, and nobody else will know it. */
export interface SharedKey {
  readonly kind: "shared-key";
  readonly a: Principal;
  readonly b: Principal;
  readonly secret: string;
}

/** `of` has `public` as its public key, and nobody else will know its inverse. */
export interface PublicKey {
  readonly kind: "public-key";
  readonly of: Principal;
  readonly public: string;
}

/** `what` encrypted and authenticated under a shared key. */
export interface Encrypted {
  readonly kind: "encrypted";
  readonly what: Formula;
  readonly secret: string;
}

/** `what` signed with the inverse of a public key. */
export interface Signed {
  readonly kind: "signed";
  readonly what: Formula;
  readonly public: string;
}

export interface Conjunction {
  readonly kind: "conjunction";
  readonly left: Formula;
  readonly right: Formula;
}

/** Once every formula of `given` holds, `message` is to be read as `meaning` (BAN §2.3, idealised protocols). */
export interface Means {
  readonly kind: "means";
  readonly message: Datum;
  readonly given: readonly Formula[];
  readonly meaning: Formula;
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

/** @param parts what tells this datum from others of its name, e.g. a fingerprint. */
export function datum(name: string, parts: readonly string[], text: string): Datum {
  return { kind: "datum", name, parts, text };
}

export function believes<F extends Formula>(who: Principal, what: F): Believes & { readonly what: F } {
  return { kind: "believes", who, what };
}

export function sees<F extends Formula>(who: Principal, what: F): Sees & { readonly what: F } {
  return { kind: "sees", who, what };
}

export function said<F extends Formula>(who: Principal, what: F): Said & { readonly what: F } {
  return { kind: "said", who, what };
}

export function controls<F extends Formula>(who: Principal, what: F): Controls & { readonly what: F } {
  return { kind: "controls", who, what };
}

export function fresh<F extends Formula>(what: F): Fresh & { readonly what: F } {
  return { kind: "fresh", what };
}

export function sharedKey(a: Principal, secret: string, b: Principal): SharedKey {
  return { kind: "shared-key", a, b, secret };
}

export function publicKey(of: Principal, key: string): PublicKey {
  return { kind: "public-key", of, public: key };
}

export function encrypted(what: Formula, secret: string): Encrypted {
  return { kind: "encrypted", what, secret };
}

export function signed(what: Formula, key: string): Signed {
  return { kind: "signed", what, public: key };
}

export function both(left: Formula, right: Formula): Conjunction {
  return { kind: "conjunction", left, right };
}

export function means(message: Datum, given: readonly Formula[], meaning: Formula): Means {
  return { kind: "means", message, given, meaning };
}

/** Whether two formulas are one. The words of a datum play no part, its name and parts do. */
export function same(one: Formula, other: Formula): boolean {
  if (one === other) return true;
  switch (one.kind) {
    case "datum":
      return other.kind === "datum" && one.name === other.name && equal(one.parts, other.parts, Object.is);
    case "believes":
    case "sees":
    case "said":
    case "controls":
      return other.kind === one.kind && one.who === other.who && same(one.what, other.what);
    case "fresh":
      return other.kind === "fresh" && same(one.what, other.what);
    case "shared-key":
      return other.kind === "shared-key" && one.secret === other.secret && one.a === other.a && one.b === other.b;
    case "public-key":
      return other.kind === "public-key" && one.public === other.public && one.of === other.of;
    case "encrypted":
      return other.kind === "encrypted" && one.secret === other.secret && same(one.what, other.what);
    case "signed":
      return other.kind === "signed" && one.public === other.public && same(one.what, other.what);
    case "conjunction":
      return other.kind === "conjunction" && same(one.left, other.left) && same(one.right, other.right);
    case "means":
      return (
        other.kind === "means" &&
        same(one.message, other.message) &&
        same(one.meaning, other.meaning) &&
        equal(one.given, other.given, same)
      );
  }
}

function equal<T>(one: readonly T[], other: readonly T[], alike: (a: T, b: T) => boolean): boolean {
  return one.length === other.length && one.every((each, index) => alike(each, other[index] as T));
}
