import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseProxyList } from "../../../app/gateway/proxy-list.ts";

describe("proxy list", () => {
  const direct = { kind: "direct" } as const;
  const rows: readonly (readonly [text: string, expected: ReturnType<typeof parseProxyList>])[] = [
    ["DIRECT", [direct]],
    ["", [direct]],
    [" ; ", [direct]],
    ["PROXY proxy.example:3128; DIRECT", [{ kind: "http", host: "proxy.example", port: 3128 }, direct]],
    ["proxy proxy.example", [{ kind: "http", host: "proxy.example", port: 80 }]],
    ["PROXY [::1]:3128", [{ kind: "http", host: "::1", port: 3128 }]],
    [
      "PROXY a.example:1;PROXY b.example:2",
      [1, 2].map((port) => ({ kind: "http", host: `${"_ab"[port]}.example`, port })),
    ],
    ["SOCKS5 s.example:1080", [{ kind: "unsupported", text: "SOCKS5 s.example:1080" }]],
    ["HTTPS p.example:443", [{ kind: "unsupported", text: "HTTPS p.example:443" }]],
    ["PROXY", [{ kind: "unsupported", text: "PROXY" }]],
    ["PROXY user:word@p.example:1", [{ kind: "unsupported", text: "PROXY user:word@p.example:1" }]],
    ["PROXY p.example:99999", [{ kind: "unsupported", text: "PROXY p.example:99999" }]],
    ["DIRECT now", [{ kind: "unsupported", text: "DIRECT now" }]],
  ];
  for (const [text, expected] of rows) {
    it(JSON.stringify(text), () => assert.deepEqual(parseProxyList(text), expected));
  }
});
