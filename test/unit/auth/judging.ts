/** What the judge's tests share: a flight, an expectation, and certificates changed below what a factory offers. */
import type { ServerFlight } from "../../../app/auth/authenticator.ts";
import { judgeServer } from "../../../app/auth/judge-server.ts";
import type { Evidence, Pin } from "../../../app/core/evidence.ts";
import type { ChannelExpectation } from "../../../app/core/expectation.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { type Certificate, makeAuthority, pem } from "../../realm/certificates.ts";
import { bits, type Der, decode, encode, sequence } from "../../realm/der.ts";
import { signWith, type TestKey } from "../../realm/keys.ts";

export const HOST = "bank.example";
export const NOW = Date.now();
export const HOUR = 3_600_000;

export const root = makeAuthority({ subject: "CN=Bank Root,O=Example Bank" });
export const issuing = root.issueAuthority({ subject: "CN=Bank Issuing,O=Example Bank" });
export const leaf = issuing.issue({ names: { dns: [HOST] } });

/** One question for the judge. Whatever is left out is right. */
export interface Question {
  /** DER, leaf first. */
  readonly sent?: readonly Buffer[];
  readonly pins?: readonly Pin[];
  readonly anchors?: readonly Certificate[];
  readonly staple?: Buffer;
  readonly host?: string;
  readonly now?: number;
}

export const flightOf = ({ sent = leaf.chain, staple }: Question): ServerFlight => ({
  protocol: "TLSv1.3",
  cipher: "TLS_AES_128_GCM_SHA256",
  certificates: sent,
  certificateRequested: true,
  transcript: "00".repeat(32),
  ...(staple === undefined ? {} : { staple }),
});

export const expectationOf = ({ pins = [leaf.pin], anchors = [root], host = HOST }: Question): ChannelExpectation => ({
  channel: "channel-1",
  site: "bank",
  origin: `https://${host}`,
  host,
  port: 443,
  role: "site",
  server: { pins, anchors: anchors.map(({ certificatePem, fingerprint }) => ({ pem: certificatePem, fingerprint })) },
  client: { method: "form" },
});

export const judge = (question: Question): readonly Evidence[] =>
  judgeServer(flightOf(question), expectationOf(question), question.now ?? NOW);

/** Undefined when the judge accepts. Anything thrown that is no refusal is a fault of the judge. */
export function refusalOf(question: Question): Refusal | undefined {
  try {
    judge(question);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) {
      return error;
    }
    throw error;
  }
}

/** `accepted`, or the code of the refusal. */
export const outcomeOf = (question: Question): string => refusalOf(question)?.code ?? "accepted";

/** A leaf for the host, in the chain of its issuer, pinned: right but for what the caller changed about it. */
export const pinned = (certificate: Certificate, more: Question = {}): Question => ({
  sent: certificate.chain,
  pins: [certificate.pin],
  ...more,
});

/** The fields of a TBSCertificate of version 3 by position (RFC 5280 §4.1). */
export const FIELD = { version: 0, serial: 1, algorithm: 2, issuer: 3, validity: 4, subject: 5, key: 6, extensions: 7 };

const membersOf = (node: Der): Der[] => (Array.isArray(node.value) ? node.value : []);

/** Writes the certificate again with changed fields, properly signed by `signer`. */
export function rewritten(certificate: Certificate, signer: TestKey, change: (fields: Der[]) => Der[]): Buffer {
  const [toBeSigned, algorithm] = membersOf(decode(certificate.der));
  if (toBeSigned === undefined || algorithm === undefined) {
    throw new Error("a certificate has three members");
  }
  const body = sequence(...change([...membersOf(toBeSigned)]));
  return encode(sequence(body, algorithm, bits(signWith(encode(body), signer, "sha256"))));
}

export const asPem = (der: Buffer): string => pem("CERTIFICATE", der);

/** Replaces one field. */
export const withField = (index: number, value: Der) => (fields: Der[]) => fields.with(index, value);
