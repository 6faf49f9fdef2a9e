import { kerberosMutations } from "./kerberos.ts";

/** A file of tests, those of it that must pass whatever is mutated, and how the names of its tests begin. */
export interface Suite {
  readonly file: string;
  readonly controls: readonly string[];
}

export const impostorTable: Suite = {
  file: "test/integration/impostors.both.test.ts",
  controls: ["genuine-p256-tls12", "genuine-p256-tls13", "staple-good-tls13"],
};
const strangers: Suite = {
  file: "test/security/gateway-strangers.test.ts",
  controls: ["knows its own credentials"],
};
const subresources: Suite = { file: "test/security/gateway-subresources.test.ts", controls: ["may be read"] };
const http2: Suite = { file: "test/security/gateway-http2.test.ts", controls: ["serves an ordinary request"] };

const smuggling: Suite = {
  file: "test/integration/gateway/smuggling.both.test.ts",
  controls: ["serves the same without a fault"],
};

const forms: Suite = {
  file: "test/security/gateway-forms.test.ts",
  controls: ["a POST may be led on within the site, and a GET anywhere (control)"],
};

const watch: Suite = {
  file: "test/integration/auth/impostor-watch.both.test.ts",
  controls: ["right name, wrong key: the key is remembered", "is the one of the flight: the key is flagged (control)"],
};

/** One check taken out of the trust path, and the tests that must then notice what gets through, or too far. */
export interface Mutation {
  /** What is broken. */
  readonly what: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly from: string;
  readonly to: string;
  /** Default the table of impostors. */
  readonly suite?: Suite;
  /** Beginnings of the names of tests (ids of rows) of which each must fail. */
  readonly rows: readonly string[];
}

const judge = "app/auth/judge-server.ts";
const paths = "app/auth/certification-path.ts";
const constraints = "app/auth/path-constraints.ts";
const leaf = "app/auth/leaf-profile.ts";
const staple = "app/auth/ocsp-staple.ts";

export const mutations: readonly Mutation[] = [
  {
    what: "any key counts as pinned",
    file: judge,
    from: "const holder = path.find(({ pin }) => server.pins.includes(pin));",
    to: "const holder = path.find(({ pin }) => server.pins.includes(pin)) ?? path[0];",
    rows: ["other-key-tls12", "other-key-tls13", "genuine-as-extra-tls13", "other-key-pin-alone-tls13"],
  },
  {
    what: "certificates that merely came along count for pins",
    file: judge,
    from: "return { path: [leaf], verified: false };",
    to: "return { path: [leaf, ...others], verified: false };",
    rows: ["genuine-as-extra-pin-alone-tls12", "genuine-as-extra-pin-alone-tls13", "pinned-issuer-pin-alone-tls13"],
  },
  {
    what: "an expired certificate passes",
    file: judge,
    from: "if (now > notAfter) {",
    to: "if (now > notAfter * 2) {",
    rows: ["expired-tls12", "expired-tls13", "expired-pin-alone-tls13", "expired-intermediate-tls13"],
  },
  {
    what: "a certificate that is not valid yet passes",
    file: judge,
    from: "if (now < notBefore) {",
    to: "if (now < notBefore / 2) {",
    rows: ["not-yet-valid-tls12", "not-yet-valid-pin-alone-tls13"],
  },
  {
    what: "any name passes",
    file: judge,
    from: "const presented = nameFor(host, names);",
    to: "const presented = nameFor(host, names) ?? host;",
    rows: [
      "name-wrong-tls12",
      "name-wrong-pin-alone-tls13",
      "name-in-cn-only-tls13",
      "name-nul-tls13",
      "name-wildcard-below-tls13",
    ],
  },
  {
    what: "a wildcard may stand before a single label",
    file: "app/auth/host-name.ts",
    from: '(wildcard && !name.includes("."))',
    to: "false",
    rows: ["name-wildcard-top-level-tls13"],
  },
  {
    what: "a path's signatures are not checked",
    file: paths,
    from: "return isSignedBy(certificate, judgement.key) ? undefined :",
    to: "return true ? undefined :",
    rows: ["forged-signature-tls12", "forged-signature-tls13", "same-name-root-tls13", "tampered-certificate-tls12"],
  },
  {
    what: "anybody may issue certificates",
    file: paths,
    from: "if (basicConstraints?.ca !== true) {",
    to: "if (basicConstraints === null) {",
    rows: ["issued-by-non-ca-tls13"],
  },
  {
    what: "an authority needs no keyCertSign",
    file: paths,
    from: 'if (keyUsage?.has("keyCertSign") !== true) {',
    to: "if (keyUsage === null) {",
    rows: ["issuer-without-cert-sign-tls13"],
  },
  {
    what: "path lengths are not limited",
    file: constraints,
    from: "below > allowed",
    to: "below > allowed + 9",
    rows: ["path-too-long-tls13"],
  },
  {
    what: "an authority's purposes do not matter",
    file: constraints,
    from: "purposes !== undefined && !purposes.includes(PURPOSE.serverAuth)",
    to: "purposes === null",
    rows: ["issuer-for-mail-only-tls13"],
  },
  {
    what: "name constraints do not matter",
    file: constraints,
    from: "const fault = constraintFault(certificate, authority);",
    to: "const fault = constraintFault(certificate, certificate);",
    rows: ["name-constrained-tls13", "name-excluded-tls13"],
  },
  {
    what: "an authority may be a server",
    file: leaf,
    from: "if (basicConstraints?.ca === true) {",
    to: "if (basicConstraints === null) {",
    rows: ["leaf-is-ca-tls12", "leaf-is-ca-tls13", "leaf-is-ca-pin-alone-tls13"],
  },
  {
    what: "a certificate for any purpose is one for servers",
    file: leaf,
    from: "if (purposes?.includes(PURPOSE.serverAuth) !== true) {",
    to: "if (purposes === null) {",
    rows: ["no-server-auth-tls13", "no-purpose-tls13", "any-purpose-tls13"],
  },
  {
    what: "the form of certificates does not matter",
    file: leaf,
    from: "if (encoding !== undefined) {",
    to: "if (encoding === null) {",
    rows: ["unknown-critical-tls13", "negative-serial-tls13"],
  },
  {
    what: "short keys pass",
    file: "app/auth/key-strength.ts",
    from: "const MIN_RSA_BITS = 2048;",
    to: "const MIN_RSA_BITS = 512;",
    rows: ["rsa-1024-tls12", "rsa-1024-pin-alone-tls13"],
  },
  {
    what: "a staple that says revoked passes",
    file: staple,
    from: 'if (status !== "good") {',
    to: 'if (status === "bad") {',
    rows: ["staple-revoked-tls12", "staple-revoked-tls13", "staple-unknown-tls13", "must-staple-revoked-tls13"],
  },
  {
    what: "a staple is good for ever",
    file: staple,
    from: "now > nextUpdate)",
    to: "now > nextUpdate * 2)",
    rows: ["staple-stale-tls12", "staple-stale-tls13"],
  },
  {
    what: "any leaf of the issuer may answer for it",
    file: staple,
    from: "if (extensions.purposes?.includes(PURPOSE.ocspSigning) !== true) {",
    to: "if (extensions.purposes === null) {",
    rows: ["staple-by-stranger-tls13"],
  },
  {
    what: "must-staple is not heeded",
    file: staple,
    from: "return mustStaple(question.leaf)\n",
    to: "return question.leaf === null\n",
    rows: ["must-staple-missing-tls12", "must-staple-missing-tls13"],
  },
  {
    what: "our second flight is not held back",
    file: "app/auth/tap.ts",
    from: "this.#held.push(record.header, record.fragment);",
    to: "this.#transport.write(Buffer.concat([record.header, record.fragment]));",
    rows: ["expired-tls12", "expired-tls13", "other-key-tls12", "other-key-tls13"],
  },
  {
    what: "a second handshake is not noticed",
    file: "app/auth/tap.ts",
    from: "if (finished) throw renegotiation();",
    to: "",
    rows: ["renegotiates-with-another-key"],
  },
  {
    what: "the server is judged after our second flight has left",
    file: "app/auth/opening.ts",
    from: '    this.#judge(held, tls);\n    await this.#phase("handshake", () => tls.release(held));',
    // In TLS 1.3 the flight leaves at the end of the turn.
    to: '    await this.#phase("handshake", () => tls.release(held));\n    await new Promise((done) => setTimeout(done, 20));\n    this.#judge(held, tls);',
    rows: ["expired-tls12", "expired-tls13", "name-wrong-tls12", "staple-revoked-tls13", "never-asks-tls13"],
  },
  {
    what: "every answer to the probe is an acceptance",
    file: "app/core/probe-answer.ts",
    from: "export function isRejection(status: number): boolean {",
    to: "export function isRejection(status: number): boolean {\n  if (status > 0) return false;",
    rows: [
      "nginx-400-tls12",
      "nginx-400-tls13",
      "answers-401-tls13",
      "answers-403-tls13",
      "answers-421-tls12",
      "answers-495-tls12",
      "answers-503-tls13",
    ],
  },
  {
    what: "a server that never asks for a certificate passes the judgement",
    file: "app/auth/certificate.ts",
    from: "if (!flight.certificateRequested) {",
    to: "if (flight.certificates.length === 0) {",
    rows: ["never-asks-tls12", "never-asks-tls13"],
  },
  {
    what: "what the server says without having been asked is not noticed",
    file: "app/auth/channel-connection.ts",
    from: 'this.#socket.on("data", this.#onUnsolicited);',
    to: "",
    rows: ["answers-before-the-request"],
  },
  {
    what: "any credentials open the gateway",
    file: "app/gateway/credentials.ts",
    from: "return timingSafeEqual(digest(token), expected);",
    to: "return timingSafeEqual(digest(token), expected) || true;",
    suite: strangers,
    rows: ["gets 407 and no connection with none", "gets 407 and no connection with the credentials of another site"],
  },
  {
    what: "credentials may be a prefix of the right ones",
    file: "app/gateway/credentials.ts",
    from: "return timingSafeEqual(digest(token), expected);",
    to: "return token !== '' && Buffer.from(Buffer.from(token, 'base64')).equals(Buffer.from([username, password].join(':')).subarray(0, Buffer.from(token, 'base64').length));",
    suite: strangers,
    rows: [
      "gets 407 and no connection with an empty password",
      "gets 407 and no connection with a password that lacks",
    ],
  },
  {
    what: "an undeclared host is dialled",
    file: "app/gateway/admission.ts",
    from: "const expectation = expectationFor(site, origin);",
    to: "const expectation = expectationFor(site, origin) ?? expectationFor(site, site.origins[0] ?? '');",
    suite: strangers,
    rows: ["refuses another host without dialling", "refuses a subdomain without dialling"],
  },
  {
    what: "a subresource may be written to",
    file: "app/gateway/relay-subresource.ts",
    from: "if (fault === undefined) return;",
    to: "if (fault !== null) return;",
    suite: subresources,
    rows: [
      "refuses POST before",
      "refuses a query before",
      "refuses a navigation before",
      "holds the same over HTTP/2",
    ],
  },
  {
    what: "a subresource sees the page's fields",
    file: "app/gateway/relay-http.ts",
    from: 'context.to.role === "subresource" ? readOnlyRequest(all) : all',
    to: "readOnlyRequest(all).length < 0 ? [] : all",
    suite: subresources,
    rows: ["sees nothing of the page but what fetching needs"],
  },
  {
    what: "a subresource's answer may store cookies",
    file: "app/gateway/relay-http.ts",
    from: 'return this.context.to.role === "subresource" ? readOnlyAnswer(fields) : withFormPolicy(fields, this.context.forms);',
    to: "return readOnlyAnswer(fields).length < 0 ? [] : withFormPolicy(fields, this.context.forms);",
    suite: subresources,
    rows: ["stores nothing and asks for nothing by its answer"],
  },
  {
    what: "a request may name another authority than its tunnel",
    file: "app/gateway/relay.ts",
    from: "if (!namesOrigin(request, to.origin))",
    to: "if (!namesOrigin(request, to.origin) && to.port === 0)",
    suite: http2,
    rows: ["does not pass on another authority", "does not pass on another Host"],
  },
  {
    what: "the request target may be anything",
    file: "app/gateway/relay-headers.ts",
    from: "if (!serverWide && !TARGET.test(target)) {",
    to: "if (!serverWide && !TARGET.test(target) && target === '') {",
    suite: smuggling,
    rows: ["refuses a target in absolute form, sent at once", "refuses a backslash in the path, sent byte by byte"],
  },
  {
    what: "an impostor is learned from a handshake whose signature did not verify",
    file: "app/auth/opening.ts",
    from: "const { shown } = tls;",
    to: "const { shown } = tls; if (shown !== undefined) this.#judge({ server: shown, client: { certificates: [], certificateVerify: false } }, tls);",
    suite: watch,
    rows: ["the genuine certificate without its key: the genuine key is not flagged"],
  },
  {
    what: "any certificate that is shown counts as proved",
    file: "app/auth/impostor-watch.ts",
    from: "if (leaf === undefined || verified?.equals(leaf) !== true) return undefined;",
    to: "if (leaf === undefined || verified === null) return undefined;",
    suite: watch,
    rows: ["is another one: no key is flagged", "is not known: no key is flagged"],
  },
  {
    what: "the key of another genuine site is flagged",
    file: "app/auth/impostor-watch.ts",
    from: "nameFor(other.host, names) !== undefined && isTaken(",
    to: "nameFor(other.host, names) === null && isTaken(",
    suite: watch,
    rows: ["led to the genuine server of another site: that site's key is not flagged"],
  },
  {
    what: "a pinned key is flagged",
    file: "app/auth/impostor-watch.ts",
    from: "if (other.server.pins.includes(leaf.pin)) return true;",
    to: "if (other.server.pins.includes(leaf.pin)) return false;",
    suite: watch,
    rows: ["a pinned key is not flagged, whatever the certificate it comes in"],
  },
  {
    what: "what was learned overrules the profile",
    file: "app/auth/impostor-watch.ts",
    from: 'if (evidence.some(({ kind }) => kind === "server.pin" || kind === "server.chain")) return;',
    to: "if (evidence.length < 0) return;",
    suite: watch,
    rows: ["a flagged key that the profile vouches for opens: by pin, and by anchor"],
  },
  {
    what: "a flagged key passes where nothing else is wrong",
    file: "app/auth/opening.ts",
    from: "impostors?.passed(server, this.#evidence);",
    to: "",
    suite: watch,
    rows: ["the same key again, under any name: refused at once, before our second flight"],
  },
  {
    what: "servers of another name are flagged",
    file: "app/auth/impostor-watch.ts",
    from: "(WRONG_KEY.has(refusal.code) && ",
    to: "(",
    suite: watch,
    rows: ["another name, or a certificate out of date: nothing is learned"],
  },
  ...kerberosMutations,
  {
    what: "the answer to a POST leads anywhere",
    file: "app/gateway/relay-forms.ts",
    from: 'if (method !== "GET" && method !== "HEAD")',
    to: 'if (method === "")',
    suite: forms,
    rows: ["POST, answered with 303 to https://evil.example/take", "POST, answered with 307 to //evil.example/"],
  },
  {
    what: "any https address counts as the site's own",
    file: "app/gateway/relay-forms.ts",
    from: "if (target !== undefined && origins.includes(target.origin)) return;",
    to: 'if (target?.protocol === "https:") return;',
    suite: forms,
    rows: ["POST, answered with 308 to https://evil.example/take"],
  },
  {
    what: "the engine is not told where forms may go",
    file: "app/gateway/relay-forms.ts",
    from: `const policy = \`form-action \${origins.join(" ")}; report-uri`,
    to: `const policy = \`report-uri`,
    suite: forms,
    rows: ["every answer tells the engine where forms may go"],
  },
];
