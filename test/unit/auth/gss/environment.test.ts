import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kerberosEnvironment, kerberosVariables, variablesLine } from "../../../../app/auth/gss/environment.ts";

const environment = {
  PATH: "/bin",
  KRB5_CONFIG: "/tmp/evil.conf",
  GSS_MECH_CONFIG: "/tmp/mech",
  KRB5_KTNAME: "/tmp/keytab",
  KRB5_CLIENT_KTNAME: "/tmp/keytab",
  KRB5_TRACE: "/dev/stderr",
  LD_LIBRARY_PATH: "/tmp",
  KRB5CCNAME: "FILE:/tmp/cache",
};

describe("what the environment says to Kerberos", () => {
  it("an installed client leaves out what decides trust, and keeps where the tickets are", () => {
    assert.deepEqual(kerberosEnvironment(environment, true), { PATH: "/bin", KRB5CCNAME: "FILE:/tmp/cache" });
    assert.deepEqual(kerberosEnvironment(environment, false), environment);
  });

  it("all of it is reported, with what becomes of it", () => {
    const names = [
      "KRB5_CONFIG",
      "GSS_MECH_CONFIG",
      "KRB5_KTNAME",
      "KRB5_CLIENT_KTNAME",
      "KRB5_TRACE",
      "LD_LIBRARY_PATH",
    ];
    for (const packaged of [true, false]) {
      assert.deepEqual(kerberosVariables(environment, packaged), [
        ...names.map((name) => ({ name, decides: "trust", heeded: !packaged })),
        { name: "KRB5CCNAME", decides: "tickets", heeded: true },
      ]);
    }
    assert.deepEqual(kerberosVariables({ PATH: "/bin" }, true), []);
  });

  it("in words", () => {
    assert.equal(variablesLine([]), undefined);
    assert.equal(
      variablesLine(kerberosVariables({ KRB5_CONFIG: "x", KRB5CCNAME: "y" }, true)),
      "set in the environment: KRB5_CONFIG (decides trust; ignored), KRB5CCNAME (says where tickets are)",
    );
  });
});
