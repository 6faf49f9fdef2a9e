/** What a path must satisfy as a whole; the cases follow NIST's PKITS §4.6 and §4.8 to §4.12. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pathFault } from "../../../app/auth/path-constraints.ts";
import { readCertificate } from "../../../app/auth/x509-certificate.ts";
import { type Authority, type CertificateOptions, makeAuthority } from "../../realm/certificates.ts";
import { type Der, encode, oid, sequence, smallInteger, taggedBytes } from "../../realm/der.ts";
import type { Extension } from "../../realm/extensions.ts";

const extension = (id: string, critical: boolean, value: Der): Extension => ({
  oid: id,
  critical,
  value: encode(value),
});
const policies = (...ids: string[]) => extension("2.5.29.32", false, sequence(...ids.map((id) => sequence(oid(id)))));
const requireExplicit = (count: number) => extension("2.5.29.36", true, sequence(taggedBytes(0, Buffer.from([count]))));
const inhibitAny = (count: number) => extension("2.5.29.54", true, smallInteger(count));
const mapping = extension("2.5.29.33", true, sequence(sequence(oid("1.2.3.1"), oid("1.2.3.2"))));
const P = "1.2.3.1";
const Q = "1.2.3.2";
const ANY = "2.5.29.32.0";

/** One certificate below the root: its name and extensions; authorities first, the leaf last. */
type Step = { readonly name: string; readonly pathLength?: number; readonly extensions?: readonly Extension[] };

const step = (name: string, ...extensions: Extension[]): Step => ({ name, extensions });

function faultOf(...steps: readonly Step[]): string | undefined {
  const root = makeAuthority({ subject: "CN=Root" });
  const optionsOf = ({ name, pathLength, extensions = [] }: Step): CertificateOptions => ({
    subject: `CN=${name}`,
    extensions,
    ...(pathLength === undefined ? {} : { basicConstraints: { ca: true, pathLength } }),
  });
  let issuer: Authority = root;
  for (const one of steps.slice(0, -1)) {
    issuer = issuer.issueAuthority(optionsOf(one));
  }
  const leaf = issuer.issue({ names: { dns: ["bank.example"] }, ...optionsOf(steps.at(-1) ?? step("Leaf")) });
  return pathFault([...leaf.chain, root.der].map((der) => readCertificate(der)));
}

const accepted = (name: string, ...steps: readonly Step[]) =>
  test(`accepted: ${name}`, () => assert.equal(faultOf(...steps), undefined));
const refused = (name: string, fault: RegExp, ...steps: readonly Step[]) =>
  test(`refused: ${name}`, () => assert.match(faultOf(...steps) ?? "accepted", fault));

describe("path length", () => {
  const TOO_LONG = /^CN=A allows \d authorities below it, the path has \d$/;
  accepted("none allowed, none there", { name: "A", pathLength: 0 }, step("Leaf"));
  refused("none allowed, one there", TOO_LONG, { name: "A", pathLength: 0 }, step("B"), step("Leaf"));
  accepted("one allowed, one there", { name: "A", pathLength: 1 }, step("B"), step("Leaf"));
  refused("one allowed, two there", TOO_LONG, { name: "A", pathLength: 1 }, step("B"), step("C"), step("Leaf"));
  accepted("an authority that reissued itself does not count", { name: "A", pathLength: 0 }, step("A"), step("Leaf"));
});

describe("a policy demanded after some certificates", () => {
  const DEMANDED = /^the path demands an explicit certificate policy/;
  for (const count of [0, 1, 2, 3]) {
    const first = step("A", requireExplicit(count));
    refused(`${count} of three that follow`, DEMANDED, first, step("B"), step("C"), step("Leaf"));
  }
  accepted("4 of three that follow", step("A", requireExplicit(4)), step("B"), step("C"), step("Leaf"));
  refused("two, both others", DEMANDED, step("A", requireExplicit(2)), step("B"), step("Leaf"));
  accepted("two, one of which reissued itself", step("A", requireExplicit(2)), step("A"), step("Leaf"));
  refused(
    "one, and the leaf counts though it has its issuer's name",
    DEMANDED,
    step("A", requireExplicit(1)),
    step("A"),
  );
  refused(
    "by a lower authority sooner than by a higher",
    DEMANDED,
    step("A", requireExplicit(9)),
    step("B", requireExplicit(0)),
    step("Leaf"),
  );
  refused(
    "by a higher authority, whatever a lower one says",
    DEMANDED,
    step("A", requireExplicit(1)),
    step("B", requireExplicit(9)),
    step("Leaf"),
  );
});

describe("policies where one is demanded at once", () => {
  const DEMANDED = /^the path demands an explicit certificate policy/;
  const demands = requireExplicit(0);
  accepted("shared by all", step("A", policies(P), demands), step("B", policies(P, Q)), step("Leaf", policies(P)));
  refused(
    "lost on the way",
    DEMANDED,
    step("A", policies(P), demands),
    step("B", policies(Q)),
    step("Leaf", policies(P)),
  );
  refused("absent in the leaf", DEMANDED, step("A", policies(P), demands), step("Leaf"));
  accepted(
    "anyPolicy keeps what there is",
    step("A", policies(P), demands),
    step("B", policies(ANY)),
    step("Leaf", policies(P)),
  );
  refused(
    "anyPolicy adds nothing",
    DEMANDED,
    step("A", policies(P), demands),
    step("B", policies(ANY)),
    step("Leaf", policies(Q)),
  );
  accepted(
    "anyPolicy all the way",
    step("A", policies(ANY), demands),
    step("B", policies(ANY)),
    step("Leaf", policies(ANY)),
  );
  refused("mapped", DEMANDED, step("A", policies(P), demands, mapping), step("Leaf", policies(P)));
  accepted("mapped, none demanded", step("A", policies(P), mapping), step("Leaf", policies(Q)));
});

describe("anyPolicy inhibited", () => {
  const DEMANDED = /^the path demands an explicit certificate policy/;
  const first = (count: number) => step("A", policies(P), requireExplicit(0), inhibitAny(count));
  refused("at once", DEMANDED, first(0), step("B", policies(ANY)), step("Leaf", policies(P)));
  accepted("after one", first(1), step("B", policies(ANY)), step("Leaf", policies(P)));
  refused("after one, used by the second", DEMANDED, first(1), step("B", policies(P)), step("Leaf", policies(ANY)));
  accepted(
    "but an authority may reissue itself with it",
    first(0),
    step("A", policies(ANY)),
    step("Leaf", policies(P)),
  );
  refused("and a leaf of its issuer's name may not", DEMANDED, first(0), step("A", policies(ANY)));
  accepted("named beside the policy", first(0), step("B", policies(P, ANY)), step("Leaf", policies(P)));
});
