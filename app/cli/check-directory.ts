import type { Evidence } from "../core/evidence.ts";

/** What a directory said of the service; null where the site has none, or none was reached. */
export interface DirectoryReport {
  readonly url: string;
  /** The key that the directory proved before it was asked. */
  readonly key: string;
  /** Distinguished name of the serviceConnectionPoint. */
  readonly entry: string;
  readonly principal: string;
  readonly host: string;
  readonly port: number;
}

export function directoryReport(evidence: readonly Evidence[]): DirectoryReport | null {
  const record = evidence.find(({ kind }) => kind === "directory.entry");
  if (record?.kind !== "directory.entry") return null;
  const { directory: url, directoryKey: key, entry, principal, host, port } = record;
  return { url, key, entry, principal, host, port };
}

export function directoryLines({ url, key, entry, host, port }: DirectoryReport): readonly string[] {
  return [`  directory: ${url}, key ${key}`, `    ${entry}: at ${host}:${port}`];
}
