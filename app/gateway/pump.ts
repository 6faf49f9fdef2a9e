import type { Readable, Writable } from "node:stream";
import { giveBack } from "../auth/give-back.ts";

/** Bytes that may wait in a sink before its source is held up. */
const HIGH_WATER = 262_144;

/**
 * Moves bytes with back-pressure, like `pipe`, but holds the source up only when much waits: with the sinks' own low
 * marks every single TLS record would stop and start it. Neither ends the sink nor destroys anything. The source's chunks
 * must be nobody else's: their memory is given back once they are written.
 * @returns a function that stops; what the source says after that is nobody's
 */
export function pump(source: Readable, sink: Writable): () => void {
  const onData = (chunk: Buffer) => {
    sink.write(chunk, () => giveBack(chunk));
    if (sink.writableLength > HIGH_WATER) source.pause();
  };
  const onDrain = () => source.resume();
  sink.on("drain", onDrain);
  source.on("data", onData);
  // A source that was paused on purpose does not start by itself when somebody listens.
  source.resume();
  return () => {
    source.off("data", onData);
    sink.off("drain", onDrain);
  };
}
