/** Files that are generated from the code, so that there is one definition of each thing. */
import { fileURLToPath } from "node:url";
import { profileJsonSchema } from "../app/core/profile.ts";
import { REASON_CODES, type Reason, reasons } from "../app/core/reasons.ts";
import { thirdPartyNotices } from "./notices.ts";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

export interface GeneratedFile {
  /** Relative to the project's root. */
  readonly path: string;
  readonly content: string;
}

export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { path: "resources/profile.schema.json", content: `${JSON.stringify(profileJsonSchema(), null, 2)}\n` },
    { path: "docs/reasons.md", content: reasonsPage() },
    { path: "resources/third-party-notices.txt", content: thirdPartyNotices(root) },
  ];
}

const REASONS_HEAD = `# Reason codes

<!-- Generated from app/core/reasons.ts by \`npm run generate\`. -->

Every refusal has one of these codes. Codes are stable: scripts may rely on them. The page shown to the user has the
title, what happened and what to do; "Copy details for IT" adds what was found and what was expected.
`;

const AREAS: Readonly<Record<string, string>> = {
  server: "The server's proof",
  tls: "The protected connection",
  client: "The user's proof",
  site: "Addresses and the profile's lists",
  address: "What the user entered",
  network: "The network",
  gateway: "Between the pages and the gateway",
  verdict: "Verdicts",
  profile: "The profile",
  app: "The program's own files",
  keystore: "The keystore",
  hostile: "Lists of hostile addresses",
  spn: "Service principal names",
  kerberos: "Kerberos",
  directory: "The directory of services",
  scp: "Service connection points",
  gss: "GSS-protected sockets",
};

function reasonsPage(): string {
  const areas = new Set(REASON_CODES.map(areaOf));
  const sections = [...areas].map((area) => {
    const heading = AREAS[area];
    if (heading === undefined) throw new Error(`no heading for the codes ${area}.*`);
    const codes = REASON_CODES.filter((code) => areaOf(code) === area);
    return [`## ${heading}`, ...codes.map((code) => entry(code, reasons[code]))].join("\n\n");
  });
  return `${[REASONS_HEAD.trimEnd(), ...sections].join("\n\n")}\n`;
}

function areaOf(code: string): string {
  return code.slice(0, code.indexOf("."));
}

function entry(code: string, { title, user, it, remedy }: Reason): string {
  return `### \`${code}\`\n\n**${title}**\n\n- User: ${user}\n- IT: ${it}\n- What to do: ${remedy}`;
}
