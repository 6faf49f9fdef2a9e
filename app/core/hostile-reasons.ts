import type { Reason } from "./reasons.ts";

const AGAIN =
  "The list is fetched anew by itself. If this message stays, tell your support. IT: see the list's `url` and the free space of the disk.";

/** Reasons of the lists of hostile addresses. */
export const hostileReasons = {
  "hostile.damaged": {
    title: "The list of dangerous addresses is damaged",
    user: "The list of dangerous addresses on this computer is damaged, and whether this address is on it cannot be told. It was not contacted.",
    it: "A file of a hostile list's store is not as it was written: checksum, length or header differ, or it cannot be read.",
    remedy: AGAIN,
  },
  "hostile.stale": {
    title: "The list of dangerous addresses is out of date",
    user: "Your organisation wants addresses to be compared with a current list of dangerous addresses, and there is none on this computer. The address was not contacted.",
    it: "The list's `whenStale` is refuse, and its release is older than `staleAfter`, or none is stored.",
    remedy: AGAIN,
  },
  "hostile.signature": {
    title: "A list of dangerous addresses is not genuine",
    user: "A new list of dangerous addresses is not signed by those who should have signed it. The last good one stays in use.",
    it: "The detached signature does not verify with the list's `publicKey`, or is missing.",
    remedy: "Tell your support. IT: sign the list anew, or correct `publicKey` in the profile (docs/hostile.md).",
  },
  "hostile.older": {
    title: "A list of dangerous addresses is older than the one in use",
    user: "An older list of dangerous addresses was offered. The newer one stays in use.",
    it: "The number of the list, or of the delta's base, is not the one that may follow the number in use.",
    remedy: "IT: publish lists with rising numbers, deltas with the base that they were made from.",
  },
  "hostile.format": {
    title: "A list of dangerous addresses cannot be read",
    user: "A new list of dangerous addresses is not in the agreed form. The last good one stays in use.",
    it: "The list is larger than allowed, holds too many lines that are no entry of its `format`, or its head is malformed.",
    remedy: "IT: see the line in the details, and `format` in the profile (docs/hostile.md).",
  },
  "hostile.fetch": {
    title: "A list of dangerous addresses could not be fetched",
    user: "A new list of dangerous addresses could not be fetched. The last good one stays in use.",
    it: "The list's server was not reached or not recognised, or did not answer with the file.",
    remedy: AGAIN,
  },
  "hostile.storage": {
    title: "A list of dangerous addresses could not be stored",
    user: "A new list of dangerous addresses could not be stored on this computer. The last good one stays in use.",
    it: "A file of the store could not be written, completed or renamed.",
    remedy: "Make room on the disk. IT: the folder `hostile` of the program's data must be writable for the user.",
  },
} as const satisfies Record<string, Reason>;
