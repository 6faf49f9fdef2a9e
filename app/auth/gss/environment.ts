/** Variables by which whoever starts the program could choose whom Kerberos trusts: configuration, mechanisms, keys, traces. */
const DECIDES_TRUST = [
  "KRB5_CONFIG",
  "KRB5_KDC_PROFILE",
  "GSS_MECH_CONFIG",
  "KRB5_KTNAME",
  "KRB5_CLIENT_KTNAME",
  "KRB5_TRACE",
  "KRB5RCACHETYPE",
  "KRB5RCACHENAME",
  "KRB5RCACHEDIR",
  "LD_LIBRARY_PATH",
  "LD_PRELOAD",
  "DYLD_LIBRARY_PATH",
  "DYLD_FRAMEWORK_PATH",
] as const;

/** Where the user's tickets are: the session's to say. */
const NAMES_TICKETS = ["KRB5CCNAME"] as const;

/** A variable that is set and that the Kerberos library knows. */
export interface KerberosVariable {
  readonly name: string;
  readonly decides: "trust" | "tickets";
  /** Whether the process that calls the library gets to see it. */
  readonly heeded: boolean;
}

/** @param packaged an installed client, which leaves out what would decide trust */
export function kerberosVariables(environment: NodeJS.ProcessEnv, packaged: boolean): readonly KerberosVariable[] {
  const set = (name: string) => environment[name] !== undefined;
  return [
    ...DECIDES_TRUST.filter(set).map((name) => ({ name, decides: "trust" as const, heeded: !packaged })),
    ...NAMES_TICKETS.filter(set).map((name) => ({ name, decides: "tickets" as const, heeded: true })),
  ];
}

/** What the process that calls the library gets to see. */
export function kerberosEnvironment(environment: NodeJS.ProcessEnv, packaged: boolean): Record<string, string> {
  const hidden: readonly string[] = packaged ? DECIDES_TRUST : [];
  const entries = Object.entries(environment).filter(([name]) => !hidden.includes(name));
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** One line for people; undefined where none is set. */
export function variablesLine(variables: readonly KerberosVariable[]): string | undefined {
  if (variables.length === 0) return undefined;
  const words = variables.map(({ name, decides, heeded }) => {
    const what = decides === "trust" ? "decides trust" : "says where tickets are";
    return `${name} (${what}${heeded ? "" : "; ignored"})`;
  });
  return `set in the environment: ${words.join(", ")}`;
}
