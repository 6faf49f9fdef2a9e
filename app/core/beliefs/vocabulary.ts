/** The formulas that evidence, declared premises and goals share: what each message and fact is called. */
import type { Fingerprint, Pin } from "../evidence.ts";
import type { ChannelExpectation } from "../expectation.ts";
import { believes, both, type Datum, datum, type Formula, type Principal, said, sharedKey, signed } from "./formula.ts";
import { type Cast, shorten } from "./print.ts";

/** This client. */
export const C: Principal = "C";
/** The server of the origin that the user asked for, whoever that is. */
export const S: Principal = "S";
/** The organisation, whose profile this is. */
export const IT: Principal = "IT";

/** The key distribution centre of the user's realm, and those of the realms it trusts. */
export const KDC: Principal = "KDC";

/** The directory that the profile lets name a service. */
export const DIRECTORY: Principal = "D";

/** The issuer behind an anchor of the profile. */
export function issuerOf(anchor: Fingerprint): Principal {
  return `CA:${anchor}`;
}

export function castOf({ host }: Pick<ChannelExpectation, "host">): Cast {
  const known: Readonly<Record<Principal, string>> = {
    [C]: "this client",
    [S]: `the server of ${host}`,
    [IT]: "your organisation",
    [KDC]: "your organisation's sign-in service",
    [DIRECTORY]: "your organisation's directory of services",
  };
  return (principal) => known[principal] ?? `the issuer ${shorten(principal)}`;
}

/** The channel's key, shared by this client and the server: what every goal is about. */
export function channelKey({ channel }: Pick<ChannelExpectation, "channel">): Formula {
  return sharedKey(C, keyName(channel), S);
}

export function keyName(channel: string): string {
  return `K:${channel}`;
}

/** Both hello messages. They hold a nonce of each side and both halves of the key agreement. */
export function greetings(transcript: Fingerprint): Datum {
  return datum(`hellos:${shorten(transcript)}`, [transcript], `the greetings ${shorten(transcript)} began this`);
}

/** Both hello messages agreed on the channel's key. */
export function agreed(transcript: Fingerprint, channel: string): Formula {
  const text = `the greetings ${shorten(transcript)} agreed on the key of this channel`;
  return believes(C, datum(`agreed(hellos:${shorten(transcript)}, ${keyName(channel)})`, [transcript, channel], text));
}

export function certificate(fingerprint: Fingerprint): Datum {
  return datum(`cert:${shorten(fingerprint)}`, [fingerprint], `the certificate ${shorten(fingerprint)} was issued`);
}

/** The certificate speaks of this host. */
export function names(fingerprint: Fingerprint, host: string): Formula {
  const text = `the certificate ${shorten(fingerprint)} names ${host}`;
  return believes(C, datum(`names(cert:${shorten(fingerprint)}, ${host})`, [fingerprint, host], text));
}

/** The validity dates of a path; they play the part of BAN's timestamps. */
export function dates(fingerprint: Fingerprint): Datum {
  const text = `the certificate ${shorten(fingerprint)} is within its dates`;
  return datum(`dates(cert:${shorten(fingerprint)})`, [fingerprint], text);
}

/** The profile's pin, as found in this certificate. */
export function pinned(pin: Pin, fingerprint: Fingerprint): Datum {
  const text = `the key ${shorten(pin)} of the certificate ${shorten(fingerprint)} is pinned for this site`;
  return datum(`pin(${shorten(pin)}, cert:${shorten(fingerprint)})`, [pin, fingerprint], text);
}

/** A certificate lies on the verified path from a leaf to an anchor. */
export function onPath(fingerprint: Fingerprint, leaf: Fingerprint, anchor: Fingerprint): Formula {
  const text = `the certificate ${shorten(fingerprint)} is on the verified path from ${shorten(leaf)} to ${shorten(anchor)}`;
  const name = `path(cert:${shorten(leaf)} … cert:${shorten(fingerprint)} … ${shorten(issuerOf(anchor))})`;
  return believes(C, datum(name, [fingerprint, leaf, anchor], text));
}

/** The server's CertificateRequest. */
export const question: Datum = datum("request", [], "it wants the client's certificate");

/** The server's answer to the probe, which was no rejection. */
export const acceptance: Datum = datum("accepted", [], "the request is answered and not rejected");

/** The client's CertificateVerify over the hello messages, with the key of its identity. */
export function clientProof(transcript: Fingerprint, identity: Fingerprint, channel: string): Formula {
  return said(C, signed(both(greetings(transcript), sharedKey(C, keyName(channel), S)), identity));
}
