import type {
  ActiveView,
  CallName,
  DerivationView,
  Explanation,
  IdentityView,
  ImpostorView,
  RefusalView,
  TrustView,
  UiState,
} from "../../../app/ipc/contract.ts";

/** One state of the interface to look at: a snapshot, answers to calls, and what to press first. */
export interface Scene {
  readonly name: string;
  readonly state: UiState;
  readonly answers?: Partial<Record<CallName, unknown>>;
  /** CSS selectors, or accessible names after `=`, pressed in order. */
  readonly clicks?: readonly string[];
}

const PIN = "sha256/4kQfJ6ZQmnu2yF4kF2zLqj2a8c8mV7yq1m9kz0L3mHk=";

const evidence = (sentence: string, formula: string, rule: string): DerivationView => ({
  sentence,
  formula,
  rule,
  basis: "evidence",
  from: [],
});
const assumption = (sentence: string, formula: string, source: string): DerivationView => ({
  sentence,
  formula,
  rule: "premise",
  basis: "assumption",
  source,
  from: [],
});

const goals: readonly DerivationView[] = [
  {
    sentence: "You and bank.example share a key that nobody else knows.",
    formula: "C believes (C <-K:ch1-> S)",
    rule: "jurisdiction",
    basis: "derived",
    from: [
      {
        sentence: "Whoever signed this handshake holds the pinned key of bank.example.",
        formula: "C believes (S said (C <-K:ch1-> S))",
        rule: "message meaning",
        basis: "derived",
        from: [
          evidence("The server signed this handshake with its key.", "C sees {K:ch1}K_S⁻¹", "CertificateVerify"),
          evidence("That key is one of the two pinned for this site.", `C believes (→ ${PIN} S)`, "server.pin"),
        ],
      },
      assumption(
        "A TLS key agreement signed by the server’s key yields a key that only the two know.",
        "C believes (S controls (C <-K-> S))",
        "RFC 8446 §E.1",
      ),
      evidence(
        "The handshake took place on this channel just now.",
        "C believes fresh(K:ch1)",
        "channel.key-agreement",
      ),
    ],
  },
  {
    sentence: "The server knows that this channel ends at you.",
    formula: "C believes (S believes (C <-K:ch1-> S))",
    rule: "nonce verification",
    basis: "derived",
    from: [
      evidence("The server asked for a certificate.", "C sees CertificateRequest", "client.requested"),
      evidence("Yours was sent, with proof of its key.", "S sees {K:ch1}K_C⁻¹", "client.proof"),
      assumption(
        "This server answers only clients it has verified.",
        "S controls (S believes C)",
        "the profile, site bank",
      ),
    ],
  },
];

const trust: TrustView = {
  server: {
    host: "bank.example",
    certificate: {
      subject: "CN=bank.example,O=Example Bank,C=GB",
      issuer: "CN=Example Private Root,O=Example Bank,C=GB",
      notBefore: "2026-03-14T00:00:00Z",
      notAfter: "2027-03-14T00:00:00Z",
      pin: PIN,
    },
    by: "its pinned key, under an anchor that your organisation named",
  },
  client: {
    method: "certificate",
    subject: "CN=Ada Lovelace,OU=Customers,O=Example Bank",
    issuer: "CN=Example Client CA,O=Example Bank",
    notAfter: "2027-06-01T00:00:00Z",
  },
  protocol: "TLS 1.3",
  cipher: "TLS_AES_256_GCM_SHA384",
  sends: "separate channels, by the proxy proxy2.bank.example:3128",
  provenAt: "2026-11-20T09:31:07Z",
  lapsesAt: "2026-11-20T17:31:07Z",
  goals,
  notRequired: [],
  steps: [
    { from: "client", name: "ClientHello", at: 0.4 },
    { from: "server", name: "ServerHello", at: 3.1, note: "TLS 1.3, X25519" },
    { from: "server", name: "CertificateRequest", at: 3.2 },
    { from: "server", name: "Certificate", at: 3.2, note: "2 certificates" },
    { from: "server", name: "CertificateVerify", at: 3.3 },
    { from: "client", name: "released second flight", at: 4.6, note: "name, dates, chain and pin have passed" },
    { from: "client", name: "Certificate", at: 4.9 },
    { from: "client", name: "probe", at: 5.2, note: "HEAD /" },
    { from: "server", name: "answer", at: 8.7, note: "200" },
  ],
};

const site: ActiveView = {
  site: "bank",
  name: "Online banking",
  origin: "https://secure.bank.example:8443",
  path: "/accounts/overview",
  title: "Accounts",
  seal: "open",
  loading: false,
  canGoBack: true,
  canGoForward: false,
  zoom: 1,
  stage: "page",
  kept: true,
  trust,
};

const base: UiState = {
  profile: { kind: "loaded", organization: "Example Bank", serial: 7, origin: "/etc/countersign/policy.d/bank.json" },
  sites: [
    { id: "bank", name: "Online banking", origin: "https://secure.bank.example:8443", seal: "open", open: true },
    { id: "hr", name: "Staff portal", origin: "https://people.example", seal: "shut", open: false },
    {
      id: "twin",
      name: "Trading desk with a rather long name",
      origin: "https://trading.markets.bank.example",
      seal: "refused",
      open: true,
    },
    { id: "news", name: "Market news", origin: "https://news.example", seal: "hostile", open: true },
    { id: "mail", name: "Secure mail", origin: "https://mail.bank.example", seal: "opening", open: true },
  ],
  downloads: [],
  notices: [],
  platform: "linux",
  demo: false,
};

const pinMismatch: RefusalView = {
  code: "server.pin-mismatch",
  title: "This is not the real Online banking",
  message:
    "The server that answered has a valid certificate, but not the key your organisation expects. Somebody may be standing between you and the site.",
  remedy:
    "Do not use another browser for this site. Try again from another network, and tell your IT department if it happens again.",
  it: "found sha256/9v1cJzQ0mZt7kq3oPpW2r5s8u1x4a7d0g3j6m9p2s5U= on the leaf; expected one of sha256/4kQfJ6ZQ…, sha256/Zt7kq3oP…",
  address: "https://secure.bank.example:8443/accounts/overview",
  site: "bank",
  at: "2026-11-20T09:31:07Z",
  established: [
    "The server signed this handshake with the key of its certificate.",
    "The certificate names secure.bank.example.",
    "It is valid today.",
  ],
  canRetry: true,
};

const hostile: RefusalView = {
  ...pinMismatch,
  code: "site.hostile",
  title: "This site is known to be hostile",
  message: "Your organisation lists this address as one that steals from people. Countersign does not open it.",
  remedy: "Close it. If a message led you here, report that message to your IT department.",
  it: "https://login.bank.example.evil.test/ matches the entry https://login.bank.example.evil.test/ of the profile’s hostile list",
  address: "https://login.bank.example.evil.test/session",
  established: [],
  canRetry: false,
};

const identity: IdentityView = {
  fingerprint: "3b1f8a9c0d2e4f6a8b7c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f70812345678",
  name: "Ada Lovelace",
  subject: "CN=Ada Lovelace,OU=Customers,O=Example Bank",
  issuer: "CN=Example Client CA,O=Example Bank",
  notBefore: "2026-06-01T00:00:00Z",
  notAfter: "2027-06-01T00:00:00Z",
  keyType: "EC P-256",
  status: "valid",
  daysLeft: 192,
};
const identities: readonly IdentityView[] = [
  identity,
  {
    ...identity,
    fingerprint: identity.fingerprint.replace("3b", "4c"),
    name: "ada-2025",
    status: "expires-soon",
    daysLeft: 12,
    keyType: "RSA 3072",
  },
  {
    ...identity,
    fingerprint: identity.fingerprint.replace("3b", "5d"),
    name: "ada-2024",
    status: "expired",
    daysLeft: -300,
  },
];

const passphraseError: Explanation = {
  code: "keystore.passphrase",
  title: "The passphrase does not open this file",
  message: "Nothing has been imported.",
  remedy: "Type it again; capitals matter. If it still fails, ask whoever gave you the file.",
  it: "",
};
const lockedError: Explanation = {
  code: "keystore.locked",
  title: "The keychain is locked",
  message: "Countersign keeps your identities in the keychain of this computer, and it is locked.",
  remedy: "Unlock it, then try again.",
  it: "",
};

const active = (change: Partial<ActiveView>): UiState => ({ ...base, active: { ...site, ...change } });
const FLAGGED = ".sidebar-foot .sidebar-link:last-of-type";

const impostors: readonly ImpostorView[] = [
  {
    key: PIN,
    first: "2026-11-18T08:12:40Z",
    last: "2026-11-20T09:31:07Z",
    times: 4,
    appearances: [
      {
        site: "Online banking",
        origin: "https://secure.bank.example:8443",
        address: "192.0.2.77",
        at: "2026-11-20T09:31:07Z",
      },
      { site: "Staff portal", origin: "https://people.example", address: "192.0.2.77", at: "2026-11-18T08:12:40Z" },
    ],
    proof: { protocol: "TLSv1.3", message: "CertificateVerify" },
    certificate: {
      subject: "CN=secure.bank.example",
      issuer: "CN=Any Public CA,O=Anybody,C=US",
      notBefore: "2026-11-01T00:00:00Z",
      notAfter: "2027-02-01T00:00:00Z",
      fingerprint: "5b0f".repeat(16),
    },
  },
];

const lookalike: RefusalView = {
  code: "site.lookalike",
  title: "This address only looks like one of your sites",
  message:
    "The address resembles that of a site of your organisation, but it is another one. Addresses like this are often made to deceive. It was not contacted.",
  remedy:
    "Go to the genuine site instead, and do not use the message or page that led you here. IT: if the address is honest, list it as a site or as one of a site's `origins`.",
  it: "The host resembles one of the profile. Found: the host resembles bank.example (homograph) and is no host of the profile (https://xn--bnk-6cd.example). Expected: bank.example.",
  address: "https://xn--bnk-6cd.example/login",
  genuine: { site: "bank", name: "Example Bank", origin: "https://bank.example" },
  at: "2026-11-20T09:31:07Z",
  established: [],
  canRetry: false,
};

const refused = (refusal: RefusalView, seal: "refused" | "hostile"): UiState => {
  const { trust: _, ...untrusted } = site;
  return { ...base, active: { ...untrusted, seal, stage: "refused", refusal } };
};
const withoutTrust = (change: Partial<ActiveView>): UiState => {
  const { trust: _, ...untrusted } = site;
  return { ...base, active: { ...untrusted, ...change } };
};
const listed = { "keystore.list": { ok: true, value: identities } };
const chosen = { "keystore.choose": { ok: true, value: { token: "t1", fileName: "ada-lovelace.p12" } } };

export const scenes: readonly Scene[] = [
  { name: "page", state: active({}) },
  { name: "trust", state: active({}), clicks: [".seal-button"] },
  { name: "trust-all", state: active({}), clicks: [".seal-button", ".text-button", ".disclosure-button"] },
  {
    name: "trust-form",
    state: active({
      trust: {
        ...trust,
        client: { method: "form" },
        notRequired: [
          {
            sentence: "The server knows that this channel ends at you.",
            formula: "x",
            why: "You sign in by the site’s own form; Countersign cannot see whether it checks you.",
          },
        ],
      },
    }),
    clicks: [".seal-button"],
  },
  { name: "home", state: { ...base, sites: base.sites.map((entry) => ({ ...entry, open: false, seal: "shut" })) } },
  { name: "waiting", state: withoutTrust({ seal: "opening", stage: "waiting", loading: true }) },
  { name: "refused", state: refused(pinMismatch, "refused") },
  { name: "refused-trust", state: refused(pinMismatch, "refused"), clicks: [".seal-button"] },
  { name: "hostile", state: refused(hostile, "hostile") },
  { name: "impostors", state: base, answers: { "impostors.list": { ok: true, value: impostors } }, clicks: [FLAGGED] },
  {
    name: "impostors-none",
    state: base,
    answers: { "impostors.list": { ok: true, value: [] } },
    clicks: [FLAGGED],
  },
  {
    name: "impostors-unflag",
    state: base,
    answers: { "impostors.list": { ok: true, value: impostors } },
    clicks: [FLAGGED, "summary", ".impostor > .action"],
  },
  { name: "lookalike", state: refused(lookalike, "refused") },
  { name: "crashed", state: withoutTrust({ seal: "shut", stage: "crashed" }) },
  { name: "hung", state: active({ stage: "hung" }) },
  {
    name: "strips",
    state: {
      ...active({ zoom: 1.25, find: { matches: 12, current: 3 } }),
      focus: { id: "f1", what: "find" },
      demo: true,
      notices: [
        {
          id: "n1",
          kind: "info",
          text: "A window of this site wanted to open https://elsewhere.example, which is not one of its addresses.",
        },
        { id: "n2", kind: "warning", text: "Your identity expires in 12 days. Ask your organisation for a new one." },
      ],
      downloads: [
        {
          id: "d1",
          site: "bank",
          fileName: "statement-2026-10.pdf",
          state: "running",
          received: 34_200_000,
          total: 104_857_600,
        },
        {
          id: "d2",
          site: "bank",
          fileName: "a-very-long-file-name-that-does-not-fit-anywhere.csv",
          state: "running",
          received: 1_200_000,
          total: 0,
        },
        { id: "d3", site: "bank", fileName: "letter.pdf", state: "done", received: 88_123, total: 88_123 },
        { id: "d4", site: "bank", fileName: "archive.zip", state: "failed", received: 0, total: 5 },
      ],
    },
  },
  {
    name: "sign-in",
    state: {
      ...active({}),
      httpAuth: {
        id: "h1",
        site: "bank",
        origin: "https://secure.bank.example:8443",
        realm: "Back office",
        retry: true,
      },
    },
  },
  { name: "sign-out", state: active({}), clicks: ["[aria-label='Sign out and clear']"] },
  { name: "identities", state: active({}), answers: listed, clicks: [".sidebar-link"] },
  {
    name: "identities-empty",
    state: active({}),
    answers: { "keystore.list": { ok: true, value: [] } },
    clicks: [".sidebar-link"],
  },
  {
    name: "identities-locked",
    state: active({}),
    answers: { "keystore.list": { ok: false, error: lockedError } },
    clicks: [".sidebar-link"],
  },
  {
    name: "import-wrong",
    state: active({}),
    answers: { ...listed, ...chosen, "keystore.import": { ok: false, error: passphraseError } },
    clicks: [".sidebar-link", ".identities-head .action", ".sheet .action[type=submit]"],
  },
  { name: "remove", state: active({}), answers: listed, clicks: [".sidebar-link", ".identity .action"] },
  {
    name: "no-profile",
    state: { ...base, profile: { kind: "none", lookedIn: ["/etc/countersign/policy.d"] }, sites: [] },
  },
  {
    name: "invalid-profile",
    state: {
      ...base,
      sites: [],
      profile: {
        kind: "invalid",
        error: {
          code: "profile.invalid",
          title: "The profile on this computer has a fault",
          message: "Countersign takes a profile whole or not at all, so no site can be opened.",
          remedy: "Tell your IT department. The details below say what is wrong.",
          it: "/etc/countersign/policy.d/bank.json: 2 problems",
        },
        problems: [
          "$.sites[0].server.pins[1]: sha256/abc; expected sha256/ and 44 characters of base64",
          "$.sites[1].origins[0]: http://people.example; expected an https origin",
        ],
      },
    },
  },
];
