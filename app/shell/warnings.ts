/** Warnings of the runtime and the engine, which quote whole addresses of pages. */

/** Prints warnings itself, in place of the runtime's own printer. Runs in the first turn of the program. */
export function guardWarnings(): void {
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => console.error(`${name}: ${withoutSecrets(message)}`));
}

/** Addresses without user name, query and fragment, and of those that hold a document only their scheme. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/\b(data|javascript|view-source):\S*/gi, "$1:…")
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)([^\s/?#@]*@)?([^\s?#]*)([?#]\S*)?/gi, "$1$3");
}
