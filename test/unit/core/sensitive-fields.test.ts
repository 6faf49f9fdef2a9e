import assert from "node:assert/strict";
import { test } from "node:test";
import { type FieldFacts, isDigits, SENSITIVE_KINDS, sensitiveKind } from "../../../app/core/sensitive-fields.ts";

const plain: FieldFacts = {
  type: "text",
  autocomplete: "",
  name: "",
  id: "",
  label: "",
  inputMode: "",
  pattern: "",
  maxLength: -1,
};

const cases: readonly (readonly [Partial<FieldFacts>, ReturnType<typeof sensitiveKind>])[] = [
  [{ type: "password" }, "password"],
  [{ type: "PASSWORD", name: "pw" }, "password"],
  [{ autocomplete: "section-a current-password" }, "password"],
  [{ autocomplete: "new-password" }, "password"],
  [{ name: "userPassword" }, "password"],
  [{ id: "kennwort" }, "password"],
  [{ label: "Mot de passe" }, "password"],
  [{ type: "password", name: "pin" }, "pin"],
  [{ type: "password", inputMode: "numeric", maxLength: 6 }, "pin"],
  [{ type: "password", pattern: "[0-9]{4}", maxLength: 4 }, "pin"],
  [{ type: "password", pattern: "\\d+", maxLength: 200 }, "password"],
  [{ name: "cardPin" }, "pin"],
  [{ label: "Your PIN" }, "pin"],
  [{ type: "tel", name: "pin_code" }, "pin"],
  [{ autocomplete: "one-time-code" }, "one-time-code"],
  [{ type: "password", autocomplete: "one-time-code" }, "one-time-code"],
  [{ name: "otp" }, "one-time-code"],
  [{ name: "mTAN" }, "one-time-code"],
  [{ label: "Verification code" }, "one-time-code"],
  [{ autocomplete: "billing cc-number" }, "card"],
  [{ autocomplete: "cc-csc" }, "card"],
  [{ name: "card-number" }, "card"],
  [{ name: "cvv" }, "card"],
  [{ type: "number", id: "kartenNummer" }, "card"],
  [{ name: "iban" }, "iban"],
  [{ label: "Beneficiary IBAN" }, "iban"],
  [{ name: "accountNumber" }, "iban"],
  [{ name: "ssn" }, "national-id"],
  [{ label: "Social security number" }, "national-id"],
  [{ name: "taxId" }, "national-id"],
  [{ id: "passport_no" }, "national-id"],
  [{}, undefined],
  [{ name: "shipping" }, undefined],
  [{ name: "spinner" }, undefined],
  [{ name: "company" }, undefined],
  [{ name: "panel" }, undefined],
  [{ name: "compass" }, undefined],
  [{ name: "distance" }, undefined],
  [{ name: "caribbean" }, undefined],
  [{ name: "q", type: "search" }, undefined],
  [{ type: "checkbox", name: "show-password" }, undefined],
  [{ type: "hidden", name: "pin" }, undefined],
  [{ type: "submit", name: "password" }, undefined],
  [{ autocomplete: "username", name: "user" }, undefined],
  [{ autocomplete: "email" }, undefined],
];

for (const [facts, expected] of cases) {
  test(`${JSON.stringify(facts)} is ${expected ?? "nothing sensitive"}`, () => {
    assert.equal(sensitiveKind({ ...plain, ...facts }), expected);
  });
}

test("what is digits alone goes on the keypad", () => {
  assert.deepEqual(SENSITIVE_KINDS.filter(isDigits), ["pin", "one-time-code", "card"]);
});
