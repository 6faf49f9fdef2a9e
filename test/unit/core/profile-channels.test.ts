import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AnchorReader } from "../../../app/core/profile.ts";
import { parseProfile } from "../../../app/core/profile.ts";
import { expectationFor } from "../../../app/core/sites.ts";
import { givingExpectation } from "../../../app/gateway/split-pool.ts";

const readAnchor: AnchorReader = () => ({ fault: "none" });
const ORIGIN = "https://bank.example";

function parsed(change: Readonly<Record<string, unknown>>) {
  return parseProfile(
    {
      version: 1,
      serial: 1,
      organization: "Example Bank",
      sites: [
        {
          id: "bank",
          name: "Bank",
          origins: [ORIGIN],
          addresses: ["192.0.2.1"],
          server: { pins: [`sha256/${"A".repeat(43)}=`] },
          client: { method: "form" },
          ...change,
        },
      ],
    },
    readAnchor,
  );
}

describe("channels of a site", () => {
  for (const [what, change, path, expected] of [
    ["another word", { channels: "joined" }, "channels", /"split"/],
    ["a path that nothing goes by", { secondPath: { localAddress: "192.0.2.9" } }, "secondPath", /only with/],
    ["an empty path", { channels: "split", secondPath: {} }, "secondPath", /a proxy, addresses or/],
    [
      "an unknown key",
      { channels: "split", secondPath: { proxy: "p.example:1", interface: "eth0" } },
      "secondPath.interface",
      /no such key/,
    ],
    [
      "the same way once more",
      { channels: "split", secondPath: { addresses: ["192.0.2.2", "192.0.2.1"] } },
      "secondPath.addresses[1]",
      /not one of the site's/,
    ],
    [
      "a proxy that is told where to dial",
      { channels: "split", secondPath: { proxy: "p.example:1", addresses: ["192.0.2.2"] } },
      "secondPath.addresses",
      /no addresses with a proxy/,
    ],
    [
      "a local address from which nothing can be dialled",
      { channels: "split", secondPath: { localAddress: "2001:db8::1" } },
      "secondPath.localAddress",
      /same family/,
    ],
    ...[
      "proxy.example",
      "http://proxy.example:1",
      "proxy.example:0",
      "proxy.example:65536",
      "u@proxy.example:1",
      ":1",
    ].map(
      (proxy) =>
        [`the proxy ${proxy}`, { channels: "split", secondPath: { proxy } }, "secondPath.proxy", /host:port/] as const,
    ),
  ] as const) {
    it(`refuses ${what}`, () => {
      const result = parsed(change);
      assert.ok(!result.ok);
      assert.deepEqual(
        result.problems.map((problem) => problem.path),
        [`$.sites[0].${path}`],
      );
      assert.match(result.problems[0]?.expected ?? "", expected);
    });
  }

  for (const [what, change, giving] of [
    ["none", {}, undefined],
    ["the usual path", {}, { addresses: ["192.0.2.1"] }],
    ["addresses", { secondPath: { addresses: ["192.0.2.2"] } }, { addresses: ["192.0.2.2"] }],
    ["a proxy", { secondPath: { proxy: "[2001:db8::1]:3128" } }, { proxy: { host: "2001:db8::1", port: 3128 } }],
    [
      "a local address",
      { secondPath: { localAddress: "192.0.2.9" } },
      { addresses: ["192.0.2.1"], localAddress: "192.0.2.9" },
    ],
  ] as const) {
    it(`expects the same server by ${what}`, () => {
      const result = parsed(giving === undefined ? change : { channels: "split", ...change });
      assert.ok(result.ok && result.profile.sites[0] !== undefined);
      const to = expectationFor(result.profile.sites[0], ORIGIN);
      assert.ok(to !== undefined);
      assert.equal(to.giving === undefined, giving === undefined);
      if (to.giving === undefined) return;
      const { giving: _, addresses: __, ...same } = to;
      assert.deepEqual(givingExpectation(to, to.giving), { ...same, ...giving });
    });
  }
});
