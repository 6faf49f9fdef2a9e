/** Complete evidence for channels of each kind, in its smallest form: every record is needed. */
import type { Evidence, EvidenceKind, Pin } from "../../../app/core/evidence.ts";
import type { ChannelExpectation } from "../../../app/core/expectation.ts";

export const NOW = 2_000;
export const LEAF = "1f".repeat(32);
export const INTERMEDIATE = "2e".repeat(32);
export const ANCHOR = "3d".repeat(32);
export const IDENTITY = "4c".repeat(32);
export const TRANSCRIPT = "5b".repeat(32);
/** Differs from what it stands in for only in its last half, which people are not shown. */
export const OTHER = `${LEAF.slice(0, 32)}${"6a".repeat(16)}`;
export const OTHER_TRANSCRIPT = `${TRANSCRIPT.slice(0, 32)}${"6a".repeat(16)}`;
export const OTHER_ANCHOR = `${ANCHOR.slice(0, 32)}${"6a".repeat(16)}`;

export const SERVICE = "HTTP/bank.example@EXAMPLE";
export const EXCHANGE = "7a".repeat(32);

export function pin(letter: string): Pin {
  return `sha256/${letter.repeat(42)}A=`;
}

export const LEAF_PIN = pin("l");
export const PATH_PIN = pin("p");
/** Begins as the leaf's. */
export const FOREIGN_PIN: Pin = `sha256/${"l".repeat(21)}${"x".repeat(21)}A=`;

const BASE = { channel: "ch1", site: "bank", origin: "https://bank.example:8443", at: 1_000, expires: 9_000 } as const;

type RecordOf<K extends EvidenceKind> = Extract<Evidence, { kind: K }>;
type Fields<K extends EvidenceKind> = Partial<Omit<RecordOf<K>, "kind">>;

const RECORDS: { readonly [K in EvidenceKind]: RecordOf<K> } = {
  "channel.key-agreement": {
    ...BASE,
    kind: "channel.key-agreement",
    protocol: "TLSv1.3",
    cipher: "TLS_AES_128_GCM_SHA256",
    transcript: TRANSCRIPT,
  },
  "server.possession": {
    ...BASE,
    kind: "server.possession",
    key: LEAF_PIN,
    certificate: LEAF,
    transcript: TRANSCRIPT,
    message: "CertificateVerify",
  },
  "server.name": { ...BASE, kind: "server.name", host: "bank.example", presented: "*.example", certificate: LEAF },
  "server.validity": {
    ...BASE,
    kind: "server.validity",
    notBefore: 500,
    notAfter: 8_000,
    expires: 8_000,
    certificate: LEAF,
  },
  "server.chain": { ...BASE, kind: "server.chain", anchor: ANCHOR, path: [LEAF, INTERMEDIATE, ANCHOR] },
  "server.pin": { ...BASE, kind: "server.pin", pin: LEAF_PIN, holder: "leaf", certificate: LEAF },
  "server.staple": { ...BASE, kind: "server.staple", producedAt: 900, certificate: LEAF },
  "client.requested": { ...BASE, kind: "client.requested" },
  "client.proof": { ...BASE, kind: "client.proof", identity: IDENTITY, transcript: TRANSCRIPT },
  "client.accepted": { ...BASE, kind: "client.accepted", status: 200 },
  "kerberos.ticket": {
    ...BASE,
    kind: "kerberos.ticket",
    principal: SERVICE,
    initiator: "ada@EXAMPLE",
    exchange: EXCHANGE,
  },
  "kerberos.mutual": {
    ...BASE,
    kind: "kerberos.mutual",
    principal: SERVICE,
    mechanism: "1.2.840.113554.1.2.2",
    flags: ["mutual", "integrity"],
    exchange: EXCHANGE,
  },
  "kerberos.binding": {
    ...BASE,
    kind: "kerberos.binding",
    certificate: LEAF,
    endPoint: "9f".repeat(32),
    exchange: EXCHANGE,
  },
  "kerberos.accepted": { ...BASE, kind: "kerberos.accepted", status: 200, exchange: EXCHANGE },
  "gss.protection": {
    ...BASE,
    kind: "gss.protection",
    protection: "confidentiality",
    flags: ["mutual", "replay", "sequence", "confidentiality", "integrity"],
    transcript: TRANSCRIPT,
    exchange: EXCHANGE,
  },
  "directory.entry": {
    ...BASE,
    kind: "directory.entry",
    directory: "ldaps://dc.example:636",
    directoryChannel: "ch0",
    directoryKey: PATH_PIN,
    entry: "CN=portal,DC=example",
    principal: SERVICE,
    host: "app7.example",
    port: 4443,
  },
};

/** A record of this kind as the complete evidence has it, with other fields where the test says so. */
export function record<K extends EvidenceKind>(kind: K, fields: Fields<K> = {}): RecordOf<K> {
  return { ...RECORDS[kind], ...fields };
}

/** The same evidence with each record of the replacements' kinds exchanged. */
export function replacing(evidence: readonly Evidence[], ...replacements: readonly Evidence[]): readonly Evidence[] {
  return evidence.map((old) => replacements.find(({ kind }) => kind === old.kind) ?? old);
}

export interface Scene {
  readonly name: string;
  readonly expectation: ChannelExpectation;
  /** Complete, and nothing in it is superfluous. */
  readonly evidence: readonly Evidence[];
}

const SERVER = [
  record("channel.key-agreement"),
  record("server.possession"),
  record("server.name"),
  record("server.validity"),
];
const CLIENT = [record("client.requested"), record("client.proof"), record("client.accepted")];
const LEAF_PINNED = [...SERVER, record("server.pin")];
const PATH_PINNED = [
  ...SERVER,
  record("server.chain"),
  record("server.pin", { pin: PATH_PIN, holder: "path", certificate: INTERMEDIATE }),
];

const PINS = { pins: [LEAF_PIN, PATH_PIN], anchors: [] } as const;
const ANCHORS = { ...PINS, anchors: [{ pem: "unused", fingerprint: ANCHOR }] } as const;
const CERTIFICATE = { method: "certificate", issuer: "CN=Example Client CA", probe: "/" } as const;
const SITE: ChannelExpectation = {
  channel: BASE.channel,
  site: BASE.site,
  origin: BASE.origin,
  host: "bank.example",
  port: 8443,
  role: "site",
  server: PINS,
  client: CERTIFICATE,
};

export const PINNED: Scene = {
  name: "site with client certificate, leaf pinned",
  expectation: SITE,
  evidence: [...LEAF_PINNED, ...CLIENT],
};
export const ANCHORED: Scene = {
  name: "site with client certificate, anchor and pinned issuer",
  expectation: { ...SITE, server: ANCHORS },
  evidence: [...PATH_PINNED, ...CLIENT],
};
export const ANCHORED_LEAF: Scene = {
  name: "site with client certificate, anchor and pinned leaf",
  expectation: { ...SITE, server: ANCHORS },
  evidence: [...LEAF_PINNED, record("server.chain"), ...CLIENT],
};
export const FORM: Scene = {
  name: "site with a form",
  expectation: { ...SITE, client: { method: "form" } },
  evidence: LEAF_PINNED,
};
export const SUBRESOURCE: Scene = {
  name: "subresource, anchor and pinned issuer",
  expectation: { ...SITE, role: "subresource", server: ANCHORS, client: { method: "none" } },
  evidence: PATH_PINNED,
};

const service = (binding: "enforced" | "unknown") => ({ principal: SERVICE, binding }) as const;
const TICKET = { method: "kerberos", delegate: false, probe: "/" } as const;
const EXCHANGED = [record("kerberos.ticket"), record("kerberos.mutual"), record("kerberos.accepted")];

export const SPN_PINNED: Scene = {
  name: "service with a ticket, leaf pinned",
  expectation: { ...SITE, server: { ...PINS, service: service("unknown") }, client: TICKET },
  evidence: [...LEAF_PINNED, ...EXCHANGED],
};
export const SPN_ANCHORED: Scene = {
  name: "service with a ticket, anchor without pins",
  expectation: { ...SITE, server: { ...ANCHORS, pins: [], service: service("unknown") }, client: TICKET },
  evidence: [...SERVER, record("server.chain"), ...EXCHANGED],
};
export const SPN_BOUND: Scene = {
  name: "service with a ticket, binding enforced",
  expectation: { ...SITE, server: { pins: [], anchors: [], service: service("enforced") }, client: TICKET },
  evidence: [...SERVER, ...EXCHANGED, record("kerberos.binding")],
};

const LOOKUP = {
  host: "dc.example",
  port: 636,
  pins: [PATH_PIN],
  anchors: [],
  base: "DC=example",
  keywords: ["portal"],
  realm: "EXAMPLE",
  portInName: false,
  binding: "unknown",
} as const;
const FOUND = { place: { host: "app7.example", port: 4443 }, client: TICKET } as const;

export const SCP_PINNED: Scene = {
  name: "service that a directory names, leaf pinned",
  expectation: { ...SITE, ...FOUND, server: { ...PINS, lookup: LOOKUP, service: service("unknown") } },
  evidence: [...LEAF_PINNED, record("directory.entry"), ...EXCHANGED],
};
export const SCP_BOUND: Scene = {
  name: "service that a directory names, binding enforced",
  expectation: {
    ...SITE,
    ...FOUND,
    server: { pins: [], anchors: [], lookup: { ...LOOKUP, binding: "enforced" }, service: service("enforced") },
  },
  evidence: [...SERVER, record("directory.entry"), ...EXCHANGED, record("kerberos.binding")],
};

const GSS = { kind: "gss", protection: "confidentiality" } as const;
const WRAPPED = [...EXCHANGED, record("gss.protection")];

export const GSS_NAMED: Scene = {
  name: "service without TLS",
  expectation: {
    ...SITE,
    transport: GSS,
    server: { pins: [], anchors: [], service: service("unknown") },
    client: TICKET,
  },
  evidence: WRAPPED,
};
export const GSS_FOUND: Scene = {
  name: "service without TLS that a directory names",
  expectation: {
    ...SITE,
    ...FOUND,
    transport: GSS,
    server: { pins: [], anchors: [], lookup: LOOKUP, service: service("unknown") },
  },
  evidence: [record("directory.entry"), ...WRAPPED],
};

export const SCENES: readonly Scene[] = [
  PINNED,
  ANCHORED,
  ANCHORED_LEAF,
  FORM,
  SUBRESOURCE,
  SPN_PINNED,
  SPN_ANCHORED,
  SPN_BOUND,
  SCP_PINNED,
  SCP_BOUND,
  GSS_NAMED,
  GSS_FOUND,
];
