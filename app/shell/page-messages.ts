/** What the isolated world of a page and the main process tell each other. No secret is among it. */
import { z } from "zod";
import { SENSITIVE_KINDS } from "../core/sensitive-fields.ts";

/** From the page's isolated world; a page that has broken out of its sandbox may send anything. */
export const FIELD_CHANNEL = "countersign:field";
/** From it: the keyed hash of what was typed into a sensitive field. */
export const TYPED_CHANNEL = "countersign:typed";
/** From it: the key of those hashes. */
export const KEY_CHANNEL = "countersign:key";
/** From it: whether text of this keyed hash may be pasted. */
export const PASTE_CHANNEL = "countersign:paste";
/** Lower-case hex of an HMAC-SHA-256. */
export const keyedHash = z.string().regex(/^[0-9a-f]{64}$/);
/** To it: an order about its sensitive fields. */
export const ORDER_CHANNEL = "countersign:order";

export const fieldMessage = z.strictObject({
  /** Of the field that has the cursor, if it is a sensitive one. */
  focused: z.enum(SENSITIVE_KINDS).nullable(),
  /** Whether that field shows dots. */
  dots: z.boolean(),
  /** Whether the user has put something into a sensitive field of the document. */
  filled: z.boolean(),
  /** Whether the document has any sensitive field. */
  present: z.boolean(),
});
export type FieldMessage = z.infer<typeof fieldMessage>;

export type FieldOrder =
  /** Blurs what sensitive fields show, or no longer. */
  | { readonly order: "conceal"; readonly on: boolean }
  /** Shows the dots of the field with the cursor as text while a control of ours is held. */
  | { readonly order: "reveal"; readonly on: boolean }
  /** Something typed into another site is remembered: pasting is asked about. */
  | { readonly order: "watch-paste"; readonly on: boolean }
  /** Removes the character before the cursor. */
  | { readonly order: "erase" };
