import type { ChannelId } from "../core/evidence.ts";

let channels = 0;

/** The name of a new channel; never reused within a process. */
export function nextChannelId(): ChannelId {
  channels += 1;
  return `ch${channels}`;
}
