/** Variables by which whoever starts the program could choose whom Kerberos trusts: configuration, mechanisms, traces. */
const DECIDES_TRUST = [
  "KRB5_CONFIG",
  "KRB5_KDC_PROFILE",
  "GSS_MECH_CONFIG",
  "KRB5_KTNAME",
  "KRB5_CLIENT_KTNAME",
  "KRB5_TRACE",
  "KRB5RCACHETYPE",
  "KRB5RCACHENAME",
  "LD_LIBRARY_PATH",
] as const;

/** Those of them that are set. */
export function trustedEnvironment(environment: NodeJS.ProcessEnv): readonly string[] {
  return DECIDES_TRUST.filter((name) => environment[name] !== undefined);
}

/**
 * What the process that calls the library gets to see. An installed client leaves out what would decide trust; where
 * the user's tickets are (KRB5CCNAME) stays the session's to say.
 */
export function kerberosEnvironment(environment: NodeJS.ProcessEnv, packaged: boolean): Record<string, string> {
  const hidden: readonly string[] = packaged ? DECIDES_TRUST : [];
  const entries = Object.entries(environment).filter(([name]) => !hidden.includes(name));
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
