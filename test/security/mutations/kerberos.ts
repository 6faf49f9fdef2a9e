import type { Mutation, Suite } from "./table.ts";

const sockets: Suite = {
  file: "test/integration/kerberos/gss-channel.test.ts",
  controls: ["appears to the page as the site's https origin"],
};
/** Services without TLS. */
export const kerberosMutations: readonly Mutation[] = [
  {
    what: "messages that are signed only pass",
    file: "app/auth/gss-channel/stream.ts",
    from: "if (!confidential && !this.#acceptsSigned) {",
    to: "if (confidential === undefined) {",
    suite: sockets,
    rows: ["signed: ", "signed, later: ", "may sign only where the profile says so"],
  },
  {
    what: "what the library says of order and repetition is not looked at",
    file: "app/auth/gss/gssapi-context.ts",
    from: "if (fault !== undefined)",
    to: 'if (fault === "never")',
    suite: sockets,
    rows: ["replay: ", "out-of-order: ", "gap: ", "replay, later: "],
  },
  {
    what: "any length is taken",
    file: "app/auth/gss-channel/frames.ts",
    from: "if (length === 0 || length > this.limit) {",
    to: "if (length < 0) {",
    suite: sockets,
    rows: ["huge-token: ", "web-server: ", "bare-plain: ", "empty: "],
  },
  {
    what: "a connection that ends within a message has ended",
    file: "app/auth/gss-channel/frames.ts",
    from: "if (this.#octets === 0) return undefined;",
    to: "if (this.#octets >= 0) return undefined;",
    suite: sockets,
    rows: ["cut-token: ", "cut: ", "cut, later: "],
  },
  {
    what: "the end of the connection ends an answer",
    file: "app/gateway/channel-watch.ts",
    from: "channel.expectation.transport === undefined",
    to: "channel !== undefined",
    suite: sockets,
    rows: ["until-close, later: "],
  },
  {
    what: "our own messages are not encrypted",
    file: "app/auth/gss-channel/opening.ts",
    from: 'encrypts: facts.flags.includes("confidentiality"),',
    to: "encrypts: false,",
    suite: sockets,
    rows: ["shows nothing of what passes to the network in between"],
  },
];
