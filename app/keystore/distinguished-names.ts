/** Distinguished names as certificates and profiles write them, and whether two of them name the same. */
import {
  ATTRIBUTE_NAMES,
  type AttributeTypeAndValue,
  type DistinguishedName,
  escapeValue,
  foldValue,
} from "../core/distinguished-name.ts";
import * as ber from "./ber.ts";

/** Other spellings that profiles may use (RFC 4519, RFC 2985). */
const ALIASES: Readonly<Record<string, string>> = {
  commonname: "2.5.4.3",
  localityname: "2.5.4.7",
  stateorprovincename: "2.5.4.8",
  organizationname: "2.5.4.10",
  organizationalunitname: "2.5.4.11",
  countryname: "2.5.4.6",
  domaincomponent: "0.9.2342.19200300.100.1.25",
  userid: "0.9.2342.19200300.100.1.1",
  surname: "2.5.4.4",
  givenname: "2.5.4.42",
  email: "1.2.840.113549.1.9.1",
  e: "1.2.840.113549.1.9.1",
};

const OIDS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(ATTRIBUTE_NAMES).map(([oid, name]) => [name.toLowerCase(), oid] as const),
  ...Object.entries(ALIASES),
]);

/** The object identifier of an attribute type that is given by a name or as one. */
export const oidOf = (type: string): string => OIDS.get(type.toLowerCase()) ?? type.toLowerCase();

/** @param name its types dotted. @returns RFC 4514's string: for people, never for comparing */
export const formatDistinguishedName = (name: DistinguishedName): string =>
  name
    .map((rdn) =>
      rdn
        .map(({ type, value, encoded }) => `${ATTRIBUTE_NAMES[type] ?? type}=${encoded ? value : escapeValue(value)}`)
        .join("+"),
    )
    .join(",");

/** An encoded value that holds a string compares as that string (RFC 4514 §2.4 allows both forms). */
function valueKey({ value, encoded }: AttributeTypeAndValue): string {
  const text = encoded ? encodedText(value) : value;
  return text === undefined ? `x${value.toLowerCase()}` : `s${foldValue(text)}`;
}

function encodedText(value: string): string | undefined {
  try {
    return ber.text(ber.decode(Buffer.from(value.slice(1), "hex"), "encoded value"));
  } catch {
    return undefined;
  }
}

const keyOf = (name: DistinguishedName): string =>
  JSON.stringify(name.map((rdn) => rdn.map((attribute) => `${oidOf(attribute.type)}=${valueKey(attribute)}`).sort()));

/** The same relative names in the same order; several attributes within one relative name have no order. */
export const sameDistinguishedName = (one: DistinguishedName, other: DistinguishedName): boolean =>
  keyOf(one) === keyOf(other);
