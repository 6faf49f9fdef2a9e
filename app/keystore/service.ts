/** The name under which entries stand in the keychain; the demonstration keeps to itself. */
export function keystoreService(demo: boolean): string {
  return demo ? "Countersign Demo" : "Countersign";
}
