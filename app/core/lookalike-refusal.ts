import type { Lookalike } from "./lookalike.ts";
import { Refusal } from "./refusal.ts";

/** @param url the address that was asked for */
export function lookalikeRefusal({ origin }: URL, { genuine, by }: Lookalike): Refusal {
  return new Refusal("site.lookalike", {
    value: origin,
    fault: `the host resembles ${genuine} (${by}) and is no host of the profile`,
    expected: genuine,
  });
}
