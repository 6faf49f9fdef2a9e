/** A profile document as it was found, before the schema has spoken. */
export interface ProfileDocument {
  /** Where it came from, for people: a path, a policy name. */
  readonly origin: string;
  readonly document: unknown;
}

/** Where profiles come from. Sources are asked in order of precedence; the first that has one wins. */
export interface ProfileSource {
  readonly name: string;
  /** Undefined when this source has none. @throws Refusal `profile.unsafe`, `profile.invalid` */
  load(): Promise<ProfileDocument | undefined>;
}
