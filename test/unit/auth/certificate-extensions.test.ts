import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Malformed } from "../../../app/auth/asn1.ts";
import { readKnownExtensions, unknownCritical } from "../../../app/auth/certificate-extensions.ts";
import {
  bits,
  boolean,
  type Der,
  encode,
  nothing,
  octets,
  oid,
  sequence,
  smallInteger,
  tagged,
  taggedBytes,
} from "../../realm/der.ts";

const KEY_USAGE = "2.5.29.15";
const ALTERNATIVE_NAMES = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const NAME_CONSTRAINTS = "2.5.29.30";
const POLICIES = "2.5.29.32";
const POLICY_CONSTRAINTS = "2.5.29.36";
const PURPOSES = "2.5.29.37";
const INHIBIT_ANY_POLICY = "2.5.29.54";
const TLS_FEATURE = "1.3.6.1.5.5.7.1.24";

const read = (id: string, value: Der, critical = false) =>
  readKnownExtensions([{ oid: id, critical, value: encode(value) }]);
const dns = taggedBytes(2, Buffer.from("bank.example"));
const octet = (tag: number, ...content: number[]) => taggedBytes(tag, Buffer.from(content));

describe("read", () => {
  test("basic constraints", () => {
    assert.deepEqual(read(BASIC_CONSTRAINTS, sequence()).basicConstraints, { ca: false, critical: false });
    assert.deepEqual(read(BASIC_CONSTRAINTS, sequence(boolean(true)), true).basicConstraints, {
      ca: true,
      critical: true,
    });
    const limited = read(BASIC_CONSTRAINTS, sequence(boolean(true), smallInteger(3))).basicConstraints;
    assert.deepEqual(limited, { ca: true, critical: false, pathLength: 3 });
  });

  test("key usage, each bit by its name", () => {
    const usages = (first: number, second: number[], unused: number) =>
      [...(read(KEY_USAGE, bits(Buffer.from([first, ...second]), unused)).keyUsage ?? [])].join();
    assert.equal(usages(0x80, [], 7), "digitalSignature");
    assert.equal(usages(0x06, [], 1), "keyCertSign,cRLSign");
    assert.equal(usages(0x01, [], 0), "encipherOnly");
    assert.equal(usages(0x08, [0x80], 7), "keyAgreement,decipherOnly");
    // Zero bits at the end, as some public roots have them.
    assert.equal(usages(0x06, [], 0), "keyCertSign,cRLSign");
  });

  test("alternative names of every kind", () => {
    const kinds = sequence(
      tagged(0, oid("1.2.3"), tagged(0, nothing())),
      octet(1, 0x61),
      dns,
      tagged(3, nothing()),
      tagged(4, sequence()),
      tagged(5, tagged(1, nothing())),
      octet(6, 0x61),
      octet(7, 127, 0, 0, 1),
      octet(8, 0x2a, 0x03),
    );
    const names = read(ALTERNATIVE_NAMES, kinds, true).alternativeNames;
    const expected = ["other", "email", "dns", "x400", "directory", "edi", "uri", "ip", "registered"];
    assert.deepEqual(
      names?.names.map(({ kind }) => kind),
      expected,
    );
    assert.equal(names?.critical, true);
  });

  test("policy constraints with either count or both", () => {
    assert.deepEqual(read(POLICY_CONSTRAINTS, sequence(octet(0, 2))).policyConstraints, { requireExplicitPolicy: 2 });
    assert.deepEqual(read(POLICY_CONSTRAINTS, sequence(octet(1, 2))).policyConstraints, {});
    assert.deepEqual(read(POLICY_CONSTRAINTS, sequence(octet(0, 1), octet(1, 2))).policyConstraints, {
      requireExplicitPolicy: 1,
    });
    assert.deepEqual(read(POLICY_CONSTRAINTS, sequence(octet(0, 0x7f, 0xff, 0xff, 0xff))).policyConstraints, {
      requireExplicitPolicy: 0x7fff_ffff,
    });
  });

  test("name constraints with either list or both", () => {
    const lists = (value: Der) => {
      const { permitted = [], excluded = [] } = read(NAME_CONSTRAINTS, value).nameConstraints ?? {};
      return [permitted.length, excluded.length];
    };
    assert.deepEqual(lists(sequence(tagged(0, sequence(dns)))), [1, 0]);
    assert.deepEqual(lists(sequence(tagged(1, sequence(dns)))), [0, 1]);
    assert.deepEqual(lists(sequence(tagged(0, sequence(dns), sequence(dns)), tagged(1, sequence(dns)))), [2, 1]);
  });

  test("TLS features and inhibitAnyPolicy", () => {
    assert.deepEqual(read(TLS_FEATURE, sequence(smallInteger(5), smallInteger(17))).features, [5, 17]);
    assert.equal(read(INHIBIT_ANY_POLICY, smallInteger(4)).inhibitAnyPolicy, 4);
  });
});

describe("malformed", () => {
  const rows: readonly (readonly [name: string, id: string, value: Der])[] = [
    ["basic constraints that write their default", BASIC_CONSTRAINTS, sequence(boolean(false))],
    ["a path length without authority", BASIC_CONSTRAINTS, sequence(smallInteger(0))],
    ["a negative path length", BASIC_CONSTRAINTS, sequence(boolean(true), smallInteger(0xff))],
    ["basic constraints with a third field", BASIC_CONSTRAINTS, sequence(boolean(true), smallInteger(0), nothing())],
    ["a BOOLEAN that is not DER", BASIC_CONSTRAINTS, sequence({ ...boolean(true), value: "\x01" })],
    ["basic constraints of another type", BASIC_CONSTRAINTS, octets(Buffer.alloc(0))],
    ["key usage without bits", KEY_USAGE, bits(Buffer.alloc(0))],
    ["key usage of zeros", KEY_USAGE, bits(Buffer.from([0]), 0)],
    ["no alternative name", ALTERNATIVE_NAMES, sequence()],
    ["an alternative name of an unknown kind", ALTERNATIVE_NAMES, sequence(octet(9, 1))],
    ["an alternative name without tag", ALTERNATIVE_NAMES, sequence(nothing())],
    ["a dNSName in pieces", ALTERNATIVE_NAMES, sequence(tagged(2, dns))],
    ["a directory name without its tag", ALTERNATIVE_NAMES, sequence(octet(4, 1))],
    ["no purpose", PURPOSES, sequence()],
    ["a purpose that is no OID", PURPOSES, sequence(nothing())],
    ["name constraints without lists", NAME_CONSTRAINTS, sequence()],
    [
      "name constraints in the wrong order",
      NAME_CONSTRAINTS,
      sequence(tagged(1, sequence(dns)), tagged(0, sequence(dns))),
    ],
    ["name constraints with a third list", NAME_CONSTRAINTS, sequence(tagged(2, sequence(dns)))],
    ["an empty list of subtrees", NAME_CONSTRAINTS, sequence(tagged(0))],
    ["a subtree with a distance", NAME_CONSTRAINTS, sequence(tagged(0, sequence(dns, octet(1, 0))))],
    ["a subtree without base", NAME_CONSTRAINTS, sequence(tagged(0, sequence()))],
    ["no policy", POLICIES, sequence()],
    ["a policy that is there twice", POLICIES, sequence(sequence(oid("1.2.3")), sequence(oid("1.2.3")))],
    ["policy constraints without counts", POLICY_CONSTRAINTS, sequence()],
    ["policy constraints in the wrong order", POLICY_CONSTRAINTS, sequence(octet(1, 0), octet(0, 0))],
    ["policy constraints with a third count", POLICY_CONSTRAINTS, sequence(octet(2, 0))],
    ["an empty policy constraint", POLICY_CONSTRAINTS, sequence(octet(0))],
    ["a negative policy constraint", POLICY_CONSTRAINTS, sequence(octet(0, 0x80))],
    ["a policy constraint of five octets", POLICY_CONSTRAINTS, sequence(octet(0, 1, 0, 0, 0, 0))],
    ["inhibitAnyPolicy below zero", INHIBIT_ANY_POLICY, smallInteger(0x80)],
    ["a TLS feature that is no number", TLS_FEATURE, sequence(nothing())],
    ["an empty policy mapping", "2.5.29.33", sequence()],
    ["a subject key identifier that is no OCTET STRING", "2.5.29.14", nothing()],
    ["an authority key identifier that is no SEQUENCE", "2.5.29.35", nothing()],
  ];
  for (const [name, id, value] of rows) {
    test(name, () => assert.throws(() => read(id, value), Malformed));
  }

  test("bytes after the extension's value", () => {
    const value = Buffer.concat([encode(sequence()), Buffer.from([0])]);
    assert.throws(() => readKnownExtensions([{ oid: BASIC_CONSTRAINTS, critical: true, value }]), Malformed);
  });
});

test("only critical extensions that nobody reads are unknown", () => {
  const one = (id: string, critical: boolean) => ({ oid: id, critical, value: Buffer.alloc(0) });
  const given = [one(KEY_USAGE, true), one("1.2.3", false), one("1.2.4", true)];
  assert.deepEqual(unknownCritical(given), ["1.2.4"]);
});
