/** Name constraints of an authority, held against the names of a certificate below it (RFC 5280 §4.2.1.10, §6.1.3). */
import type { GeneralName, GeneralNameKind } from "./certificate-extensions.ts";
import { isWithin } from "./directory-name.ts";
import { allWithin, dnsSubtree, presentedName, someWithin } from "./host-name.ts";
import type { Certificate } from "./x509-certificate.ts";

const EMAIL_ADDRESS = "1.2.840.113549.1.9.1";

/** Every name to be held against constraints: the subject, its email addresses, the alternative names. */
function namesOf(certificate: Certificate): readonly GeneralName[] {
  const { subject, extensions } = certificate;
  const none = Buffer.alloc(0);
  return [
    ...(subject.keys.length > 0 ? [{ kind: "directory", octets: none, directory: subject } as const] : []),
    ...(subject.types.includes(EMAIL_ADDRESS) ? [{ kind: "email", octets: none } as const] : []),
    ...(extensions.alternativeNames?.names ?? []),
  ];
}

type Matcher = (name: GeneralName, base: GeneralName) => boolean | undefined;

function addressWithin({ octets: address }: GeneralName, { octets: base }: GeneralName): boolean | undefined {
  const length = address.length;
  if ((length !== 4 && length !== 16) || (base.length !== 8 && base.length !== 32)) {
    return undefined;
  }
  const inside = (octet: number, index: number) =>
    ((octet ^ (base[index] ?? 0)) & (base[base.length / 2 + index] ?? 0)) === 0;
  return length === base.length / 2 && address.every(inside);
}

function directoryWithin(name: GeneralName, base: GeneralName): boolean | undefined {
  return name.directory === undefined || base.directory === undefined
    ? undefined
    : isWithin(name.directory, base.directory);
}

function dnsMatcher(within: typeof allWithin): Matcher {
  return (name, base) => {
    const [presented, subtree] = [presentedName(name.octets), dnsSubtree(base.octets)];
    return presented === undefined || subtree === undefined ? undefined : within(presented, subtree);
  };
}

/** Answers whether a name lies in a subtree: entirely for permitted ones, in any part for excluded ones. */
const MATCHERS: Readonly<Record<"permitted" | "excluded", Partial<Record<GeneralNameKind, Matcher>>>> = {
  permitted: { dns: dnsMatcher(allWithin), directory: directoryWithin, ip: addressWithin },
  excluded: { dns: dnsMatcher(someWithin), directory: directoryWithin, ip: addressWithin },
};

function check(name: GeneralName, subtrees: readonly GeneralName[], which: "permitted" | "excluded") {
  const applicable = subtrees.filter(({ kind }) => kind === name.kind);
  const answers = applicable.map((base) => MATCHERS[which][name.kind]?.(name, base));
  return { applies: applicable.length > 0, unclear: answers.includes(undefined), matches: answers.includes(true) };
}

function show({ kind, octets, directory }: GeneralName): string {
  return directory?.text ?? (kind === "dns" ? octets.toString("latin1") : `a name of type ${kind}`);
}

/**
 * The first name of the certificate that breaks the authority's constraints, in words. A constraint that applies and
 * cannot be processed counts as broken.
 */
export function constraintFault(certificate: Certificate, authority: Certificate): string | undefined {
  const constraints = authority.extensions.nameConstraints;
  for (const name of constraints === undefined ? [] : namesOf(certificate)) {
    const permitted = check(name, constraints?.permitted ?? [], "permitted");
    const excluded = check(name, constraints?.excluded ?? [], "excluded");
    if (permitted.unclear || excluded.unclear) {
      return `${show(name)} falls under a name constraint of ${authority.subject.text} that cannot be processed`;
    }
    if (excluded.matches || (permitted.applies && !permitted.matches)) {
      return `${show(name)} is outside the name constraints of ${authority.subject.text}`;
    }
  }
  return undefined;
}
