/** Bounds of one site's gateway. Durations are milliseconds, sizes bytes. */
export interface GatewayLimits {
  /** From a connection to the complete head of its CONNECT request. */
  readonly connectHead: number;
  readonly connectHeadBytes: number;
  /** Connections that have not shown credentials; the oldest gives way to a new one. */
  readonly unauthenticatedSockets: number;
  /** From `200` to the end of the page's TLS handshake. */
  readonly pageHandshake: number;
  /** From the first byte of a request's head to its last, on the page's side. */
  readonly pageHead: number;
  readonly pageHeadBytes: number;
  /** HTTP/2 streams that one page connection may have open. */
  readonly pageStreams: number;
  /** From the request to the head of the server's answer, while nothing moves. */
  readonly responseHead: number;
  /** Between two pieces of a body, in either direction, while its receiver is willing. */
  readonly bodyIdle: number;
  readonly channels: ChannelLimits;
}

export interface ChannelLimits {
  /** Channels of one origin that are opened at once when none is free. */
  readonly eager: number;
  /** Channels of one origin that are being opened at a time: many handshakes side by side only slow each other down. */
  readonly opening: number;
  /** How long a request beyond these waits, while no channel comes free, before it gets one of its own. */
  readonly patience: number;
  /** Channels of one origin. */
  readonly maximum: number;
  /** An unused channel is closed after this time. */
  readonly idle: number;
  /** How long a request waits at all. */
  readonly queue: number;
}

export const defaultLimits: GatewayLimits = {
  connectHead: 10_000,
  connectHeadBytes: 8192,
  unauthenticatedSockets: 64,
  pageHandshake: 10_000,
  pageHead: 20_000,
  pageHeadBytes: 65_536,
  pageStreams: 1000,
  responseHead: 120_000,
  bodyIdle: 300_000,
  channels: { eager: 8, opening: 32, patience: 50, maximum: 1024, idle: 60_000, queue: 30_000 },
};
