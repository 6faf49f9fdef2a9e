import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";

/** Field lines in the order and spelling in which they were sent; a name may stand more than once. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** What a page asks for, whatever version of HTTP it speaks. */
export interface PageRequest {
  readonly method: string;
  /** Origin form (RFC 9112 §3.2.1): path and query. */
  readonly target: string;
  /** Host or `:authority`, as sent. */
  readonly authority: string;
  readonly fields: Fields;
}

export interface AnswerHead {
  readonly status: number;
  readonly reason?: string;
  readonly fields: Fields;
  /** False for an answer that ends with its head: to HEAD, and 204 and 304 (RFC 9110 §6.4.1). */
  readonly body: boolean;
  /** Whether trailer fields may follow the body. */
  readonly trailers: boolean;
}

/** One request of a page and the means to answer it. */
export interface Exchange extends PageRequest {
  readonly kind: "exchange";
  /** The request's content; undefined when it has none. */
  readonly body: Readable | undefined;
  /** The request's trailer fields, complete when `body` has ended. */
  trailers(): Fields;
  /** True once the final answer's head has been given. */
  readonly begun: boolean;
  /** Sends an interim answer (RFC 9110 §15.2), where this version of HTTP has a way for it. */
  inform(status: number, fields: Fields): void;
  /** Sends the final answer's head. @returns where the body goes; already ended when there is none */
  begin(head: AnswerHead): Writable;
  /** Ends the body. */
  finish(trailers: Fields): void;
  /** Ends the exchange so that the page cannot take it for complete (RFC 9113 §5.4.2, RFC 9112 §8). */
  reset(): void;
  /** Called once, when the exchange is over: the page has the whole answer, or has gone, or was reset. */
  onClose(listener: () => void): void;
}

/** A page's request for a WebSocket (RFC 6455 §4.1) on a connection that then belongs to it alone. */
export interface UpgradeExchange extends PageRequest {
  readonly kind: "upgrade";
  readonly socket: Socket;
  /** What came after the request's head. */
  readonly early: Buffer;
}
