import assert from "node:assert/strict";
import { test } from "node:test";
import { addressParts, editableAddress, splitAddress } from "../../../renderer/model/address.ts";

const shown = (origin: string, path = "/"): string => {
  const { subdomain, registrable, port, path: rest } = addressParts(origin, path);
  return `${subdomain}[${registrable}]${port}${rest}`;
};

test("the registrable part is told apart from what anybody can put before it", () => {
  assert.equal(shown("https://secure.bank.example:8443", "/accounts"), "secure.[bank.example]:8443/accounts");
  assert.equal(shown("https://bank.example.evil.test"), "bank.example.[evil.test]");
  assert.equal(shown("https://www.bank.co.uk"), "www.[bank.co.uk]");
});

test("private suffixes count: neighbours on a shared host are other people", () => {
  assert.equal(shown("https://bank.github.io"), "[bank.github.io]");
  assert.equal(shown("https://www.bank.github.io"), "www.[bank.github.io]");
});

test("addresses and single labels are emphasised whole", () => {
  assert.equal(shown("https://127.0.0.1:8443"), "[127.0.0.1]:8443");
  assert.equal(shown("https://[::1]"), "[[::1]]");
  assert.equal(shown("https://localhost"), "[localhost]");
  assert.equal(shown("https://co.uk"), "[co.uk]");
});

test("names stay in A-labels", () => {
  assert.equal(shown("https://www.b\u0430nk.example"), "www.[xn--bnk-6cd.example]");
});

test("what is no address is shown as it came", () => {
  assert.equal(shown("not an address"), "[not an address]");
});

test("the root path is left out", () => {
  assert.equal(editableAddress("https://bank.example", "/"), "https://bank.example");
  assert.equal(editableAddress("https://bank.example", "/a?b=c"), "https://bank.example/a?b=c");
});

test("an address is split into origin and path, without query and fragment", () => {
  assert.deepEqual(splitAddress("https://bank.example:8443/a/b?c#d"), {
    origin: "https://bank.example:8443",
    path: "/a/b",
  });
  assert.deepEqual(splitAddress("???"), { origin: "???", path: "/" });
});
