/** Part of a file of a list, as its source delivers it. */
export interface FilePart {
  /** Position of the body's first byte; 0 where the source begins anew although it was asked for a later part. */
  readonly offset: number;
  /** Names this version of the file, where the source knows one (RFC 9110 §8.8.3). */
  readonly etag?: string;
  readonly body: AsyncIterable<Buffer>;
}

/** Which part of a file is asked for. */
export interface FileFrom {
  readonly offset: number;
  /** Of what is there before the offset. */
  readonly etag?: string;
  /** Ends the attempt, also while the body is on its way. */
  readonly signal: AbortSignal;
}

/** Where the files of a list come from. */
export interface ListSource {
  /**
   * @param name of a file that lies beside the release; undefined for the release itself
   * @throws Refusal `hostile.fetch`, or what opening a channel throws
   */
  fetch(name: string | undefined, from: FileFrom): Promise<FilePart>;
}
