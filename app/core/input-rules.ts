/**
 * When a page may take the user's input: a frame is open only while the origin that answers for it holds a fresh
 * verdict. A view takes input as a whole or not at all, so one frame without a verdict shuts it. Pure.
 */

/** What the engine says of a frame. */
export interface FrameFacts {
  /** Address of the committed document. */
  readonly url: string;
  /** Origin of the committed document as the engine serialises it; `null` for an opaque one. */
  readonly origin: string;
  /** The frame that holds this one; absent for the page itself. */
  readonly parent?: FrameFacts | null;
}

/** When the verdict of an origin lapses, milliseconds since the epoch; an origin without one is absent. */
export type Verdicts = ReadonlyMap<string, number>;

export interface InputFacts {
  /** The page machine shows the page: committed, nothing else under way, a live verdict. */
  readonly shown: boolean;
  /** The engine ignores input when it is told to. */
  readonly held: boolean;
  /** Who answers for each frame; undefined for a frame for which no server does. */
  readonly answering: readonly (string | undefined)[];
  readonly verdicts: Verdicts;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type InputState =
  | { readonly kind: "open" }
  /** The page is not on the stage at all; the stage says why. */
  | { readonly kind: "shut"; readonly why: "page" }
  /** The engine does not obey: nothing is opened that could not be shut again. */
  | { readonly kind: "shut"; readonly why: "guard" }
  /** A frame's origin, if it has one, holds no fresh verdict. */
  | { readonly kind: "shut"; readonly why: "frame"; readonly origin: string | undefined };

export function inputState({ shown, held, answering, verdicts, now }: InputFacts): InputState {
  if (!shown) return { kind: "shut", why: "page" };
  if (!held) return { kind: "shut", why: "guard" };
  for (const origin of answering) {
    const lapsesAt = origin === undefined ? undefined : verdicts.get(origin);
    if (lapsesAt === undefined || lapsesAt <= now) return { kind: "shut", why: "frame", origin };
  }
  return { kind: "open" };
}

/** The moment at which the first of the verdicts that these frames rest on lapses, milliseconds since the epoch. */
export function firstLapse(answering: readonly (string | undefined)[], verdicts: Verdicts): number {
  const ends = answering.map((origin) => (origin === undefined ? undefined : verdicts.get(origin)));
  return Math.min(Number.POSITIVE_INFINITY, ...ends.filter((end) => end !== undefined));
}

/** Origins that frames rest on and whose verdicts have run out. */
export function lapsedAmong(
  answering: readonly (string | undefined)[],
  verdicts: Verdicts,
  now: number,
): readonly string[] {
  return answering.flatMap((origin) => {
    const lapsesAt = origin === undefined ? undefined : verdicts.get(origin);
    return origin !== undefined && lapsesAt !== undefined && lapsesAt <= now ? [origin] : [];
  });
}

/**
 * The origin whose server answers for what a frame shows. A document without an address of its own belongs to whoever
 * made it; a sandboxed one to the server that sent it, although the engine gives it an opaque origin.
 * @param inherited of the page itself, where it is a pop-up that another page writes
 * @returns undefined for a document that no server answers for, such as one from a `data:` address
 */
export function answeringOrigin(frame: FrameFacts, inherited?: string): string | undefined {
  const { url, origin, parent } = frame;
  if (url === "" || url === "about:blank" || url === "about:srcdoc") {
    if (isOrigin(origin)) return origin;
    return parent ? answeringOrigin(parent, inherited) : inherited;
  }
  if (!/^(?:blob:)?https:/.test(url) || !URL.canParse(url)) return undefined;
  const own = new URL(url).origin;
  return isOrigin(own) ? own : undefined;
}

function isOrigin(origin: string): boolean {
  return origin.startsWith("https://");
}
