import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import type { Channel } from "../auth/channel.ts";
import { giveBack } from "../auth/give-back.ts";
import { type Fault, ResponseFraming } from "./http-framing.ts";

const MAXIMUM_HEAD = 65_536;
const watches = new WeakMap<Channel, ChannelWatch>();

/** The strict reading of what the server sends on one channel; one for the channel's whole life. */
export function watchOf(channel: Channel): ChannelWatch {
  const existing = watches.get(channel);
  if (existing !== undefined) return existing;
  const watch = new ChannelWatch(channel);
  watches.set(channel, watch);
  return watch;
}

/** Sees every byte of the server before Node's parser does, and ends the channel at the first fault. */
export class ChannelWatch {
  /** What the server did wrong; the answer must not be used. */
  fault: Fault | undefined;
  private readonly framing: ResponseFraming;
  private readonly channel: Channel;
  private socket: Socket | undefined;

  constructor(channel: Channel) {
    this.channel = channel;
    // Wrapped messages have no protected end: anybody could cut such an answer short.
    this.framing = new ResponseFraming(MAXIMUM_HEAD, channel.expectation.transport === undefined);
  }

  /** True once the server has sent a byte since the last request began. */
  get answered(): boolean {
    return this.framing.answered;
  }

  /** Before a request is sent. */
  begin(request: ClientRequest): void {
    this.framing.ask(request.method, request.hasHeader("upgrade"));
    request.once("socket", (socket) => {
      if (this.socket === undefined) {
        this.socket = socket;
        socket.prependListener("data", this.read);
      }
      if (!request.hasHeader("upgrade")) this.giveBackAfterParser(request, socket);
    });
  }

  /** The channel has left HTTP. */
  end(): void {
    this.socket?.removeListener("data", this.read);
  }

  /** Node's parser, which listens already, copies what it keeps of a chunk, unless the connection leaves HTTP. */
  private giveBackAfterParser(request: ClientRequest, socket: Socket): void {
    socket.on("data", giveBack);
    request.once("close", () => socket.off("data", giveBack));
  }

  private readonly read = (bytes: Buffer): void => {
    const fault = this.framing.feed(bytes);
    if (fault === undefined || this.fault !== undefined) return;
    this.fault = fault;
    this.channel.destroy();
  };
}
