import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Refusal } from "../../../app/core/refusal.ts";
import { composeSpn } from "../../../app/core/spn.ts";

const HTTP = { class: "HTTP", realm: "CORP.EXAMPLE" };

describe("composeSpn", () => {
  const rows: readonly (readonly [string, Parameters<typeof composeSpn>[0], string])[] = [
    ["class, host and realm", { ...HTTP, host: "portal.corp.example" }, "HTTP/portal.corp.example@CORP.EXAMPLE"],
    ["without realm, as DsMakeSpn", { class: "HTTP", host: "portal.corp.example" }, "HTTP/portal.corp.example"],
    ["with port", { ...HTTP, host: "portal.corp.example", port: 8443 }, "HTTP/portal.corp.example:8443@CORP.EXAMPLE"],
    ["port 0 is no port", { ...HTTP, host: "portal.corp.example", port: 0 }, "HTTP/portal.corp.example@CORP.EXAMPLE"],
    [
      "with service name",
      { class: "ldap", host: "dc1.corp.example", name: "corp.example", realm: "CORP.EXAMPLE" },
      "ldap/dc1.corp.example/corp.example@CORP.EXAMPLE",
    ],
    ["case", { ...HTTP, host: "Portal.CORP.example" }, "HTTP/portal.corp.example@CORP.EXAMPLE"],
    ["trailing dot", { ...HTTP, host: "portal.corp.example." }, "HTTP/portal.corp.example@CORP.EXAMPLE"],
    ["international name", { ...HTTP, host: "bücher.example" }, "HTTP/xn--bcher-kva.example@CORP.EXAMPLE"],
  ];
  for (const [what, parts, spn] of rows) {
    it(`composes ${what}`, () => {
      assert.equal(composeSpn(parts), spn);
    });
  }

  const refused: readonly (readonly [string, Parameters<typeof composeSpn>[0]])[] = [
    ["a NetBIOS name", { ...HTTP, host: "portal" }],
    ["a NetBIOS name with a trailing dot", { ...HTTP, host: "portal." }],
    ["an IPv4 address", { ...HTTP, host: "192.0.2.1" }],
    ["an IPv4 address in another notation", { ...HTTP, host: "0xc0.0.2.1" }],
    ["an IPv6 address", { ...HTTP, host: "[2001:db8::1]" }],
    ["an empty host", { ...HTTP, host: "" }],
    ["two trailing dots", { ...HTTP, host: "portal.corp.example.." }],
    ["a slash in the host", { ...HTTP, host: "portal.corp.example/evil" }],
    ["a realm in the host", { ...HTTP, host: "portal.corp.example@EVIL.EXAMPLE" }],
    ["a port in the host", { ...HTTP, host: "portal.corp.example:80" }],
    ["a slash in the class", { class: "HTTP/evil", host: "portal.corp.example" }],
    ["an empty class", { class: "", host: "portal.corp.example" }],
    ["a backslash in the realm", { class: "HTTP", host: "portal.corp.example", realm: "A\\B" }],
    ["an empty realm", { class: "HTTP", host: "portal.corp.example", realm: "" }],
    ["a slash in the name", { ...HTTP, host: "portal.corp.example", name: "a/b" }],
    ["an empty name", { ...HTTP, host: "portal.corp.example", name: "" }],
    ["a port beyond 65535", { ...HTTP, host: "portal.corp.example", port: 65_536 }],
  ];
  for (const [what, parts] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => composeSpn(parts),
        (error) => error instanceof Refusal && error.code === "spn.invalid",
      );
    });
  }
});

interface DsMakeSpnRow {
  readonly ServiceClass: string | null;
  readonly ServiceName: string | null;
  readonly InstanceName: string | null;
  readonly InstancePort: number;
  readonly spn?: string;
}

const folder = process.env.COUNTERSIGN_VECTORS ?? new URL("../../../../shared/vectors", import.meta.url).pathname;
const file = `${folder}/protocol/spn_composition.json`;

describe("composeSpn and DsMakeSpn", { skip: existsSync(file) ? false : "the vectors are not here" }, () => {
  const table = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { DsMakeSpn: [] };
  // The rows' names are single labels, which we refuse on purpose: a domain makes them hosts.
  const host = (label: string) => `${label}.example`;

  for (const row of table.DsMakeSpn as readonly DsMakeSpnRow[]) {
    it(JSON.stringify(row), () => {
      const { ServiceClass: serviceClass, ServiceName: name, InstanceName: instance, InstancePort: port } = row;
      const compose = () =>
        composeSpn({
          class: serviceClass ?? "",
          host: instance === null ? (name === null ? "" : host(name)) : host(instance),
          port,
          ...(instance === null || name === null ? {} : { name }),
        });
      if (row.spn === undefined) assert.throws(compose, Refusal);
      else assert.equal(compose(), row.spn.replace(/\/(instance|host)\b/, "/$1.example"));
    });
  }
});
