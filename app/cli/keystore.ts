import { readContainerFile } from "../keystore/container-file.ts";
import type { Identity } from "../keystore/identity.ts";
import { type IdentityStatus, identityStatus } from "../keystore/identity-status.ts";
import type { Command } from "./arguments.ts";
import { type CommandIo, type CommandParts, EXIT, print, printJson } from "./io.ts";
import { readPassphrase } from "./passphrase.ts";

type CommandOf<K extends Command["kind"]> = Extract<Command, { kind: K }>;

/** `keystore import <file.p12>`: all identities of the file, or none. */
export async function importIdentities(
  { file, passphrase }: CommandOf<"keystore import">,
  io: CommandIo,
  { keystore, clock }: CommandParts,
): Promise<number> {
  const container = await readContainerFile(file);
  const imported = await keystore().importPkcs12(container, await readPassphrase(passphrase, io));
  await print(io.stdout, imported.map((identity) => `imported ${identityText(identity, clock())}`).join(""));
  return EXIT.done;
}

/** `keystore list` */
export async function listIdentities(
  { json }: CommandOf<"keystore list">,
  io: CommandIo,
  { keystore, clock }: CommandParts,
): Promise<number> {
  const identities = await keystore().list();
  const now = clock();
  if (json) {
    await printJson(
      io.stdout,
      identities.map((identity) => ({ ...identity, ...identityStatus(identity, now) })),
    );
  } else if (identities.length === 0) {
    await print(io.stdout, "no identities\n");
  } else {
    await print(io.stdout, identities.map((identity) => identityText(identity, now)).join(""));
  }
  return EXIT.done;
}

/** `keystore remove <fingerprint>` */
export async function removeIdentity(
  { fingerprint }: CommandOf<"keystore remove">,
  io: CommandIo,
  { keystore }: CommandParts,
): Promise<number> {
  await keystore().remove(fingerprint);
  await print(io.stdout, `removed ${fingerprint}\n`);
  return EXIT.done;
}

/** An identity in a few lines; its expiry is said aloud when it is near. */
export function identityText(identity: Identity, now: number): string {
  const { fingerprint, name, subject, issuer, notBefore, notAfter, keyType } = identity;
  return [
    fingerprint,
    `  name:    ${name}`,
    `  subject: ${subject}`,
    `  issuer:  ${issuer}`,
    `  valid:   ${notBefore} to ${notAfter}`,
    `  key:     ${keyType}`,
    `  status:  ${statusText(identityStatus(identity, now))}`,
    "",
  ].join("\n");
}

function statusText({ status, daysLeft }: IdentityStatus): string {
  const days = `${daysLeft} day${daysLeft === 1 ? "" : "s"}`;
  switch (status) {
    case "valid":
      return `valid, ${days} left`;
    case "expires-soon":
      return `EXPIRES SOON, ${days} left`;
    case "expired":
      return "EXPIRED";
    case "not-yet-valid":
      return "not valid yet";
    case "not-for-clients":
      return "cannot be used: its key usage does not allow client authentication";
  }
}
