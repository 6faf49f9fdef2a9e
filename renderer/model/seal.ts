import type { ActiveView, Seal, TrustView } from "../../app/ipc/contract.ts";

/** One or two words beside the seal; the shape says the same, so neither colour nor words are needed alone. */
export function sealWord(seal: Seal, trust?: TrustView): string {
  switch (seal) {
    case "shut":
      return "Not proved";
    case "opening":
      return "Proving";
    case "open":
      return trust?.client.method === "form" ? "Server proved" : "Both proved";
    case "read-only":
      return "Not proved – read only";
    case "refused":
      return "Refused";
    case "hostile":
      return "Hostile";
  }
}

/** A whole sentence for the seal, for screen readers and the trust panel's head. */
export function sealSentence(active: Pick<ActiveView, "name" | "seal" | "trust">): string {
  const { name, seal, trust } = active;
  switch (seal) {
    case "shut":
      return `${name} has not proved who it is. Nothing is sent.`;
    case "opening":
      return `${name} is being asked for its proof. Nothing of the page has been sent.`;
    case "open":
      return trust?.client.method === "form"
        ? `${name} has proved who it is. You prove yourself by signing in.`
        : `${name} has proved who it is, and you have proved who you are.`;
    case "read-only":
      return `Nobody has proved ${name}. You can read it, nothing more.`;
    case "refused":
      return `${name} was refused.`;
    case "hostile":
      return `${name} is on the list of hostile sites.`;
  }
}
