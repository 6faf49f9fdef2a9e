/** Servers that are wrong in exactly one way each, with the code that the judge must give. */
import type { Case } from "./case.ts";
import { encoding } from "./encoding.ts";
import { dates, identity } from "./identity.ts";
import { keys, leafProfile } from "./leaf.ts";
import { nameRows } from "./names.ts";
import { path, policyRows } from "./path.ts";
import { staples } from "./staples.ts";

export const REFUSED: readonly Case[] = [
  ...identity,
  ...dates,
  ...nameRows,
  ...leafProfile,
  ...keys,
  ...encoding,
  ...path,
  ...policyRows,
  ...staples,
];
