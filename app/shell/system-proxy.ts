import { session } from "electron";

/** The system's proxy for a URL, asked through a session that never loads anything. */
export async function systemProxy(url: string): Promise<string> {
  const resolver = session.fromPartition("system-proxy");
  resolver.setSpellCheckerLanguages([]);
  await resolver.setProxy({ mode: "system" });
  return resolver.resolveProxy(url);
}
