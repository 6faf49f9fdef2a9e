import assert from "node:assert/strict";
import { test } from "node:test";
import type { DerivationView, IdentityView } from "../../../app/ipc/contract.ts";
import { branchKeys, derivationForest, foundations } from "../../../renderer/model/derivation.ts";
import { commonName, grouped, identityStatus, identityTone, importedText } from "../../../renderer/model/identity.ts";
import { concernsIdentity, refusalSeal, whatWasSent } from "../../../renderer/model/refusal.ts";
import { sealSentence, sealWord } from "../../../renderer/model/seal.ts";
import { day, elapsed } from "../../../renderer/model/time.ts";
import { progressText, share, size, splitName } from "../../../renderer/model/transfer.ts";

test("a file's name keeps its end, whole, when there is no room for all of it", () => {
  assert.deepEqual(splitName("statement-2026.pdf"), { stem: "statement-2", ending: "026.pdf" });
  assert.deepEqual(splitName("README"), { stem: "REA", ending: "DME" });
  assert.deepEqual(splitName("a.b"), { stem: "a", ending: ".b" });
  assert.deepEqual(splitName(".profile"), { stem: ".prof", ending: "ile" });
});

test("sizes are decimal, with one digit after the point", () => {
  assert.equal(size(0), "0 bytes");
  assert.equal(size(999), "999 bytes");
  assert.equal(size(1000), "1.0 kB");
  assert.equal(size(999_949), "999.9 kB");
  assert.equal(size(999_950), "1.0 MB");
  assert.equal(size(104_857_600), "104.9 MB");
});

test("progress is unknown while the server has not said how much there is", () => {
  assert.equal(share({ received: 5, total: 0 }), undefined);
  assert.equal(share({ received: 5, total: 10 }), 0.5);
  assert.equal(share({ received: 15, total: 10 }), 1);
  const download = { id: "d", site: "s", fileName: "f", received: 2000, total: 0 } as const;
  assert.equal(progressText({ ...download, state: "running" }), "2.0 kB so far");
  assert.equal(progressText({ ...download, state: "running", total: 4000 }), "2.0 kB of 4.0 kB");
  assert.equal(progressText({ ...download, state: "done" }), "Saved, 2.0 kB");
});

test("a common name is found and unescaped, wherever it stands", () => {
  assert.equal(commonName("CN=Ada Lovelace,O=Example Bank"), "Ada Lovelace");
  assert.equal(commonName("O=Example Bank, CN=Ada"), "Ada");
  assert.equal(commonName("OU=x+CN=Ada,O=y"), "Ada");
  assert.equal(commonName("CN=Lovelace\\, Ada,O=x"), "Lovelace, Ada");
  assert.equal(commonName("CN=Zo\\C3\\AB,O=x"), "Zoë");
  assert.equal(commonName("O=Only an organisation"), "O=Only an organisation");
  assert.equal(commonName("O=CN\\=fake,CN=real"), "real");
});

test("an identity's state in words", () => {
  assert.equal(identityStatus({ status: "valid", daysLeft: 100 }), "Valid");
  assert.equal(identityStatus({ status: "expires-soon", daysLeft: 12 }), "Expires in 12 days");
  assert.equal(identityStatus({ status: "expires-soon", daysLeft: 1 }), "Expires in 1 day");
  assert.equal(identityStatus({ status: "expires-soon", daysLeft: 0 }), "Expires today");
  assert.equal(identityStatus({ status: "expired", daysLeft: -3 }), "Expired 3 days ago");
  assert.equal(identityTone("expires-soon"), "mind");
  assert.equal(grouped("0011223344"), "0011 2233 44");
});

test("an import says what it has added", () => {
  const identity = (fingerprint: string): IdentityView => ({
    fingerprint,
    name: "x",
    subject: `CN=${fingerprint}`,
    issuer: "CN=CA",
    notBefore: "",
    notAfter: "",
    keyType: "",
    status: "valid",
    daysLeft: 1,
  });
  const [a, b, c] = [identity("a"), identity("b"), identity("c")];
  assert.equal(importedText([a], [a, b]), "b has been imported.");
  assert.equal(importedText([a], [a, b, c]), "2 identities have been imported.");
  assert.match(importedText([a], [a]), /nothing that was not here/);
});

const step = (
  formula: string,
  basis: DerivationView["basis"],
  from: readonly DerivationView[] = [],
): DerivationView => ({
  formula,
  sentence: formula,
  rule: "r",
  basis,
  from,
});

test("every step of a derivation has a key of its own, though formulas repeat", () => {
  const shared = step("fact", "evidence");
  const goals = [step("g1", "derived", [shared, step("a", "assumption")]), step("g2", "derived", [shared])];
  const forest = derivationForest(goals);
  assert.deepEqual(branchKeys(forest), ["0", "1"]);
  assert.deepEqual(
    forest.flatMap((node) => node.children.map((child) => child.key)),
    ["0.0", "0.1", "1.0"],
  );
  assert.deepEqual(foundations(goals), { facts: 1, assumptions: 1 });
});

test("what was sent is only said where the code tells", () => {
  assert.match(whatWasSent("site.hostile") ?? "", /No connection/);
  assert.match(whatWasSent("server.pin-mismatch") ?? "", /not who you are/);
  assert.match(whatWasSent("client.rejected") ?? "", /No page request/);
  assert.doesNotMatch(whatWasSent("client.rejected") ?? "", /who you are/);
  assert.equal(whatWasSent("verdict.lapsed"), undefined);
  assert.equal(whatWasSent("server.renegotiation"), undefined);
});

test("identities are offered where one may be the remedy", () => {
  assert.equal(concernsIdentity("client.no-identity"), true);
  assert.equal(concernsIdentity("client.rejected"), true);
  assert.equal(concernsIdentity("client.not-requested"), false);
  assert.equal(concernsIdentity("server.expired"), false);
  assert.equal(refusalSeal({ code: "site.hostile" }), "hostile");
  assert.equal(refusalSeal({ code: "site.unlisted" }), "refused");
});

test("each seal has a word of its own", () => {
  const words = (["shut", "opening", "open", "refused", "hostile"] as const).map((seal) => sealWord(seal));
  assert.equal(new Set(words).size, words.length);
  assert.match(sealSentence({ name: "Bank", seal: "open" }), /Bank has proved who it is/);
});

test("times", () => {
  assert.equal(day("2027-03-14T12:00:00Z"), "14 March 2027");
  assert.equal(day("whenever"), "whenever");
  assert.equal(elapsed(0.42), "0.4 ms");
  assert.equal(elapsed(12.4), "12 ms");
  assert.equal(elapsed(1234), "1.23 s");
});
