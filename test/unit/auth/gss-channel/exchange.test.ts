import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import type { GssContext, GssFacts, GssPort, GssStep, InitiateOptions } from "../../../../app/auth/gss/port.ts";
import { GssExchange, MAXIMUM_TOKEN } from "../../../../app/auth/gss-channel/exchange.ts";
import { FrameSource, framed } from "../../../../app/auth/gss-channel/frames.ts";
import { Refusal } from "../../../../app/core/refusal.ts";
import { decide } from "../../../../app/core/verdict.ts";
import { GSS_NAMED, NOW, record, replacing, SERVICE } from "../../core/channel-fixture.ts";

const FLAGS = ["mutual", "replay", "sequence", "confidentiality", "integrity"] as const;
const FACTS: GssFacts = {
  flags: FLAGS,
  mechanism: "1.2.840.113554.1.2.2",
  initiator: "ada@EXAMPLE",
  target: SERVICE,
  expires: 9_000,
};
const TOKEN = Buffer.from("AP-REQ");

interface Played {
  readonly asked: InitiateOptions[];
  readonly sent: Buffer[];
  readonly outcome: string;
  readonly disposed: boolean;
}

/** An exchange with a library that answers so, step by step, and a service that sends these tokens. */
async function play(
  steps: readonly GssStep[],
  protection: "confidentiality" | "integrity" = "confidentiality",
): Promise<Played> {
  const asked: InitiateOptions[] = [];
  const left = [...steps];
  let disposed = false;
  const context = {
    step: async () => left.shift() ?? {},
    dispose: () => {
      disposed = true;
    },
  } as unknown as GssContext;
  const port: GssPort = {
    initiate: (options) => {
      asked.push(options);
      return context;
    },
    credential: () => Promise.reject(new Error("nobody asks")),
    dispose: () => {},
  };
  const incoming = new PassThrough();
  for (let token = 0; token < 8; token += 1) incoming.write(framed(Buffer.from("AP-REP")));
  incoming.end();
  const outgoing = new PassThrough();
  const to = { ...GSS_NAMED.expectation, transport: { kind: "gss", protection } } as const;
  let outcome = "complete";
  try {
    const exchange = await GssExchange.begin(port, to);
    await exchange.complete(outgoing, new FrameSource(incoming, MAXIMUM_TOKEN));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    outcome = error.code;
  }
  const sent: Buffer[] = [];
  for (let piece = outgoing.read(); piece !== null; piece = outgoing.read()) sent.push(piece);
  return { asked, sent, outcome, disposed };
}

const ending = (facts: Partial<GssFacts>): readonly GssStep[] => [{ token: TOKEN }, { facts: { ...FACTS, ...facts } }];
const without = (flag: (typeof FLAGS)[number]) => ending({ flags: FLAGS.filter((one) => one !== flag) });

describe("the exchange that begins a GSS-protected channel", () => {
  it("asks for Kerberos itself, for every protection and for no delegation, and sends one token", async () => {
    const { asked, sent, outcome } = await play(ending({}));
    assert.equal(outcome, "complete");
    assert.deepEqual(asked, [
      { spn: SERVICE, mechanism: "krb5", flags: ["mutual", "integrity", "confidentiality", "replay", "sequence"] },
    ]);
    assert.deepEqual(Buffer.concat(sent), framed(TOKEN));
  });

  const rows: readonly (readonly [string, readonly GssStep[], string])[] = [
    ["no mutual flag", without("mutual"), "server.no-mutual-token"],
    ["no integrity", without("integrity"), "gss.protection"],
    ["no confidentiality", without("confidentiality"), "gss.protection"],
    ["no detection of replays", without("replay"), "gss.protection"],
    ["no detection of wrong order", without("sequence"), "gss.protection"],
    ["another mechanism", ending({ mechanism: "1.3.6.1.4.1.311.2.2.10" }), "server.mechanism"],
    ["another service", ending({ target: "LEDGER/evil.example@EXAMPLE" }), "kerberos.rewritten"],
    [
      "no end",
      [{ token: TOKEN }, { token: TOKEN }, { token: TOKEN }, { token: TOKEN }, { token: TOKEN }],
      "server.token-invalid",
    ],
  ];
  for (const [what, steps, code] of rows) {
    it(`ends with ${code} when the library returns ${what}`, async () =>
      assert.equal((await play(steps)).outcome, code));
  }

  it("does without confidentiality, and nothing else, where the profile says integrity", async () => {
    assert.equal((await play(without("confidentiality"), "integrity")).outcome, "complete");
    assert.equal((await play(without("integrity"), "integrity")).outcome, "gss.protection");
  });

  it("is given up when the library wants no answer of the service", async () => {
    for (const first of [{ token: TOKEN, facts: FACTS }, {}]) {
      const { outcome, disposed } = await play([first]);
      assert.deepEqual([outcome, disposed], ["kerberos.library", true]);
    }
  });
});

describe("decide: a service without TLS", () => {
  const codeOf = (flags: readonly string[], protection: "confidentiality" | "integrity") => {
    const evidence = replacing(GSS_NAMED.evidence, record("gss.protection", { flags }));
    const verdict = decide(evidence, { ...GSS_NAMED.expectation, transport: { kind: "gss", protection } }, NOW);
    return verdict.kind === "refused" ? verdict.code : verdict.kind;
  };

  it("needs every flag in the evidence, confidentiality unless the profile says integrity", () => {
    for (const flag of FLAGS) {
      const flags = FLAGS.filter((one) => one !== flag);
      assert.equal(codeOf(flags, "confidentiality"), "gss.protection");
      assert.equal(codeOf(flags, "integrity"), flag === "confidentiality" ? "authenticated" : "gss.protection");
    }
  });

  it("is refused when two exchanges claim the channel", () => {
    const evidence = [...GSS_NAMED.evidence, record("gss.protection", { exchange: "8b".repeat(32) })];
    const verdict = decide(evidence, GSS_NAMED.expectation, NOW);
    assert.equal(verdict.kind === "refused" && verdict.code, "server.renegotiation");
  });

  it("does not count the protection of another exchange than the one that was answered", () => {
    const evidence = replacing(GSS_NAMED.evidence, record("gss.protection", { exchange: "8b".repeat(32) }));
    const verdict = decide(evidence, GSS_NAMED.expectation, NOW);
    assert.equal(verdict.kind === "refused" && verdict.code, "gss.protection");
  });
});
