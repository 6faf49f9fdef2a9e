import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { handshakeFailure, libraryAlert } from "../../../app/auth/handshake-failure.ts";
import type { Observations } from "../../../app/auth/tap.ts";
import type { ReasonCode } from "../../../app/core/reasons.ts";
import { Refusal } from "../../../app/core/refusal.ts";

const NOTHING: Observations = {
  flight: undefined,
  certificateRequested: false,
  serverAlert: undefined,
  ownAlert: undefined,
  released: false,
  received: 0,
  transportError: undefined,
};

/** As OpenSSL and BoringSSL report the same: in a property, or in the message alone. */
const openssl = (reason: string) => Object.assign(new Error("ssl"), { reason });
const boringssl = (reason: string) =>
  new Error(`1:error:100003f2:SSL routines:OPENSSL_internal:${reason}:../ssl.cc:1:`);

interface Case {
  readonly what: string;
  readonly seen?: Partial<Observations>;
  readonly provesClient?: boolean;
  readonly error?: Error;
  readonly code: ReasonCode;
}

const cases: readonly Case[] = [
  { what: "silence, then the end", code: "network.closed" },
  { what: "the end within the flight", seen: { received: 99 }, code: "network.closed" },
  { what: "a reset", seen: { transportError: new Error("read ECONNRESET") }, code: "network.closed" },
  { what: "handshake_failure", seen: { serverAlert: 40 }, code: "tls.handshake" },
  { what: "protocol_version from the server", seen: { serverAlert: 70 }, code: "tls.version" },
  { what: "protocol_version from our library", seen: { ownAlert: 70 }, code: "tls.version" },
  { what: "a signature that does not verify", seen: { ownAlert: 51 }, code: "server.possession" },
  { what: "a Finished that does not verify", seen: { ownAlert: 51, released: true }, code: "tls.handshake" },
  {
    what: "an alert after our flight left with the identity",
    seen: { released: true, serverAlert: 42 },
    provesClient: true,
    code: "client.rejected",
  },
  {
    what: "an alert after our flight left without one",
    seen: { released: true, serverAlert: 42 },
    code: "tls.handshake",
  },
  { what: "the end after our flight left", seen: { released: true }, provesClient: true, code: "client.rejected" },
  {
    what: "an encrypted alert that only the library could read",
    seen: { released: true },
    provesClient: true,
    error: openssl("tlsv13 alert certificate required"),
    code: "client.rejected",
  },
  {
    what: "an alert from the library of Electron",
    error: boringssl("SSLV3_ALERT_HANDSHAKE_FAILURE"),
    code: "tls.handshake",
  },
  {
    what: "no signature algorithm for our key",
    seen: { certificateRequested: true },
    error: boringssl("NO_COMMON_SIGNATURE_ALGORITHMS"),
    code: "client.identity-unsupported",
  },
  {
    what: "a key the library does not know",
    error: boringssl("UNKNOWN_CERTIFICATE_TYPE"),
    code: "server.unsupported-key",
  },
  { what: "anything else of the library", error: openssl("bad extension"), code: "tls.handshake" },
];

describe("a handshake that fails", () => {
  for (const { what, seen, provesClient = false, error, code } of cases) {
    it(`by ${what} is ${code}`, () => {
      assert.equal(handshakeFailure({ ...NOTHING, ...seen }, provesClient, error).code, code);
    });
  }

  it("by a refusal of our own keeps it, also where the transport brings it", () => {
    const refusal = new Refusal("server.renegotiation", { fault: "again" });
    assert.equal(handshakeFailure(NOTHING, false, refusal), refusal);
    assert.equal(handshakeFailure({ ...NOTHING, transportError: refusal }, false, new Error("x")), refusal);
  });

  it("names the alert as the standard does", () => {
    assert.equal(libraryAlert(openssl("tlsv13 alert certificate required")), "certificate_required");
    assert.equal(libraryAlert(boringssl("SSLV3_ALERT_BAD_CERTIFICATE")), "bad_certificate");
    assert.equal(libraryAlert(boringssl("TLSV1_ALERT_UNKNOWN_CA")), "unknown_ca");
    assert.equal(libraryAlert(openssl("wrong version number")), undefined);
    assert.equal(libraryAlert(new Error("socket hang up")), undefined);
  });
});
