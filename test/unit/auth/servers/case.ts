/** What the tables of servers share. */
import type { ReasonCode } from "../../../../app/core/reasons.ts";
import { makeAuthority } from "../../../realm/certificates.ts";
import { type Der, encode } from "../../../realm/der.ts";
import type { Extension } from "../../../realm/extensions.ts";
import { HOST, HOUR, issuing, leaf, NOW, pinned, type Question, root } from "../judging.ts";

export interface Case {
  readonly name: string;
  readonly code: ReasonCode;
  /** Begins what IT is told: the one thing that is wrong. */
  readonly fault: string;
  readonly question: Question;
}

export const DAY = 24 * HOUR;
export const at = (offset: number) => new Date(NOW + offset);
export const names = { dns: [HOST] };
export const row = (name: string, code: ReasonCode, fault: string, question: Question): Case => ({
  name,
  code,
  fault,
  question,
});

export const extension = (id: string, critical: boolean, value: Der): Extension => ({
  oid: id,
  critical,
  value: encode(value),
});

/** A leaf that presents these dNSNames. */
export const named = (...dns: string[]) => pinned(issuing.issue({ names: { dns } }));

/** A leaf under an authority made with these options under the root. */
export const under = (
  options: Parameters<typeof root.issueAuthority>[0],
  leafOptions: Parameters<typeof issuing.issue>[0] = {},
) => pinned(root.issueAuthority({ subject: "CN=Odd Issuing", ...options }).issue({ names, ...leafOptions }));

/** A leaf of the pins-only kind whose bytes were changed; the signature plays no part there. */
export const changed = (sent: Buffer): Question => ({ sent: [sent], pins: [leaf.pin], anchors: [] });

export const stranger = makeAuthority({ subject: "CN=Bank Root,O=Example Bank" });
