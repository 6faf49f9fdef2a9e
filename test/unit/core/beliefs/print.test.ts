import assert from "node:assert/strict";
import { it } from "node:test";
import { printDerivation, printDerivations } from "../../../../app/core/beliefs/print.ts";
import { decide } from "../../../../app/core/verdict.ts";
import { FORM, NOW, PINNED } from "../channel-fixture.ts";

function goals({ evidence, expectation }: typeof PINNED) {
  const verdict = decide(evidence, expectation, NOW);
  assert.ok(verdict.kind === "authenticated");
  return verdict.goals;
}

it("prints a derivation as a tree that marks evidence, assumptions and rules", () => {
  const [goal] = goals(FORM);
  assert.ok(goal);
  assert.equal(
    printDerivation(goal),
    `C believes C <-K:ch1-> S   [jurisdiction (BAN §2.2)]
├─ C believes (S controls C <-K:ch1-> S)   [assumed: TLS: RFC 8446 §7.1 and appendix E.1; RFC 5246 §8.1 with RFC 8422 §2]
└─ C believes S believes C <-K:ch1-> S   [components (BAN §2.2)]
   └─ C believes S believes (hellos:5b5b5b5b5b5b…, C <-K:ch1-> S)   [nonce verification (BAN §2.2)]
      ├─ C believes fresh(hellos:5b5b5b5b5b5b…, C <-K:ch1-> S)   [freshness (BAN §2.2)]
      │  └─ C believes fresh(hellos:5b5b5b5b5b5b…)   [evidence: channel.key-agreement]
      └─ C believes S said (hellos:5b5b5b5b5b5b…, C <-K:ch1-> S)   [message meaning, public key (BAN §2.2)]
         ├─ C believes |-sha256/llllllllllll…-> S   [jurisdiction (BAN §2.2)]
         │  ├─ C believes (IT controls |-sha256/llllllllllll…-> S)   [assumed: profile: server.pins]
         │  └─ C believes IT believes |-sha256/llllllllllll…-> S   [components (BAN §2.2)]
         │     └─ C believes IT believes (dates(cert:1f1f1f1f1f1f…), |-sha256/llllllllllll…-> S)   [nonce verification (BAN §2.2)]
         │        ├─ C believes fresh(dates(cert:1f1f1f1f1f1f…), |-sha256/llllllllllll…-> S)   [freshness (BAN §2.2)]
         │        │  └─ C believes fresh(dates(cert:1f1f1f1f1f1f…))   [evidence: server.validity]
         │        └─ C believes IT said (dates(cert:1f1f1f1f1f1f…), |-sha256/llllllllllll…-> S)   [reading (BAN §2.3)]
         │           ├─ C believes IT said pin(sha256/llllllllllll…, cert:1f1f1f1f1f1f…)   [evidence: server.pin]
         │           ├─ C believes pin(sha256/llllllllllll…, cert:1f1f1f1f1f1f…) means (dates(cert:1f1f1f1f1f1f…), |-sha256/llllllllllll…-> S)   [assumed: profile: server.pins]
         │           └─ C believes names(cert:1f1f1f1f1f1f…, bank.example)   [evidence: server.name]
         └─ C sees {hellos:5b5b5b5b5b5b…, C <-K:ch1-> S}sha256/llllllllllll…^-1   [reading (BAN §2.3)]
            ├─ C sees {hellos:5b5b5b5b5b5b…}sha256/llllllllllll…^-1   [evidence: server.possession]
            ├─ C believes hellos:5b5b5b5b5b5b… means (hellos:5b5b5b5b5b5b…, C <-K:ch1-> S)   [assumed: TLS: RFC 8446 §7.1 and appendix E.1; RFC 5246 §8.1 with RFC 8422 §2]
            └─ C believes agreed(hellos:5b5b5b5b5b5b…, K:ch1)   [evidence: channel.key-agreement]`,
  );
});

it("prints what several goals rest on only once", () => {
  const printed = printDerivations(goals(PINNED));
  const lines = printed.split("\n");
  assert.equal(lines.filter((line) => line.includes("[evidence: server.pin]")).length, 1);
  assert.equal(lines.filter((line) => line.includes("[shown above]")).length, 3);
  assert.equal(lines.filter((line) => line.includes("[evidence: client.accepted]")).length, 1);
});
