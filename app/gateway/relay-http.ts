import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { Writable } from "node:stream";
import type { RequestPass } from "../auth/channel.ts";
import { Refusal } from "../core/refusal.ts";
import { type ChannelWatch, watchOf } from "./channel-watch.ts";
import type { Exchange, Fields } from "./exchange.ts";
import { grouped, pairs } from "./fields.ts";
import type { Lease } from "./pool.ts";
import { pump } from "./pump.ts";
import { asRefusal, type Relay, type RelayContext, refuse } from "./relay.ts";
import { admitRedirect, withFormPolicy } from "./relay-forms.ts";
import { answerFields, answerRefusal, requestFields, trailerFields } from "./relay-headers.ts";
import { passFor, withPass } from "./relay-pass.ts";
import { isFormSubmission } from "./relay-submission.ts";
import { readOnlyAnswer, readOnlyRequest } from "./relay-subresource.ts";

/** Interim answers that one request may bring: more would be a flood, not a hint. */
const MAXIMUM_INTERIM = 16;
/** Methods whose request may be sent again (RFC 9110 §9.2.2) if it has no content that is already gone. */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** HTTP/1.1 or HTTP/2 from the page to HTTP/1.1 on a channel: one request, streamed in both directions. */
export const httpRelay: Relay = {
  name: "http",
  accepts: (request) => request.kind === "exchange",
  serve(request, url, context) {
    if (request.kind === "exchange") void new HttpExchange(request, url, context).run();
  },
};

/** Why a request that the page no longer wants gets no channel. */
const pageGone = new Refusal("verdict.cancelled", { fault: "the page has ended the request" });

/** What became of one attempt: `unsent` when nothing can have reached the server's application. */
type Attempt = "over" | "unsent";

class HttpExchange {
  private readonly exchange: Exchange;
  private readonly url: URL;
  private readonly context: RelayContext;
  private readonly gone = new AbortController();
  private upstream: ClientRequest | undefined;
  private answer: IncomingMessage | undefined;
  private stopContent: (() => void) | undefined;
  private interim = 0;

  constructor(exchange: Exchange, url: URL, context: RelayContext) {
    this.exchange = exchange;
    this.url = url;
    this.context = context;
    exchange.onClose(() => this.pageClosed());
  }

  async run(): Promise<void> {
    try {
      const options = this.requestOptions();
      let fresh = isFormSubmission(this.exchange);
      while (
        (await this.attempt(await this.context.lease(this.exchange, this.gone.signal, fresh), options)) === "unsent"
      )
        fresh = true;
    } catch (error) {
      this.fail(asRefusal(error));
    }
  }

  /** What the page no longer wants is not fetched to its end; what it still sends is not kept. */
  private pageClosed(): void {
    const { upstream, answer } = this;
    this.gone.abort(pageGone);
    if (upstream === undefined || (answer?.complete === true && upstream.writableEnded)) return;
    this.discardContent();
    upstream.destroy();
  }

  /** Lets what the page still sends run out, so that its connection is free for the next request. */
  private discardContent(): void {
    this.stopContent?.();
    this.exchange.body?.resume();
  }

  private fail(refusal: Refusal): void {
    if (!this.gone.signal.aborted) refuse(this.exchange, refusal, this.context);
  }

  private requestOptions(): RequestOptions {
    const { exchange, context } = this;
    const all = requestFields(exchange, context.to.origin);
    const fields = context.to.role === "subresource" ? readOnlyRequest(all) : all;
    return { method: exchange.method, path: exchange.target, headers: grouped(fields), setHost: false };
  }

  private async attempt(lease: Lease, options: RequestOptions): Promise<Attempt> {
    const pass = await passFor(lease);
    if (!lease.channel.alive || this.gone.signal.aborted) {
      pass?.abandon();
      lease.release(lease.channel.alive);
      return this.gone.signal.aborted ? "over" : "unsent";
    }
    const watch = watchOf(lease.channel);
    const upstream = startRequest(lease, withPass(options, pass), pass);
    return new Promise((resolve, reject) => {
      let failure: Error | undefined;
      this.upstream = upstream;
      watch.begin(upstream);
      upstream.on("information", ({ statusCode, rawHeaders }) => {
        // Where each answer has to prove itself, a hint before it cannot.
        if (watch.fault === undefined && pass === undefined) this.inform(statusCode, pairs(rawHeaders));
      });
      upstream.on("response", (answer) => {
        // Bytes that came together with those that broke the exchange off.
        if (upstream.destroyed) answer.on("error", () => {});
        else if (pass === undefined) this.respond(answer, upstream, watch);
        else void this.respondVerified(answer, upstream, watch, pass, lease);
      });
      upstream.on("timeout", () => this.stalled(upstream));
      upstream.on("error", (error) => {
        failure ??= error;
      });
      upstream.once("close", () => {
        pass?.abandon();
        const clean = this.answer?.complete === true && upstream.writableFinished && watch.fault === undefined;
        this.discardContent();
        // The channel takes its socket back in this same turn.
        queueMicrotask(() => lease.release(clean));
        if (this.answer !== undefined || this.gone.signal.aborted) resolve("over");
        else if (this.mayRepeat(lease, watch, failure)) resolve("unsent");
        else reject(reasonOf(failure, watch));
      });
      upstream.setTimeout(this.context.limits.responseHead);
      this.send(this.exchange, upstream);
    });
  }

  /** A server may close an unused channel just as a request is sent on it (RFC 9110 §9.2.2, RFC 9112 §9.3.1). */
  private mayRepeat(lease: Lease, watch: ChannelWatch, failure: Error | undefined): boolean {
    const { method, body, begun } = this.exchange;
    const untouched = lease.reused && !watch.answered && watch.fault === undefined && !begun;
    return untouched && body === undefined && IDEMPOTENT.has(method) && !(failure instanceof Refusal);
  }

  private send({ body, trailers }: Exchange, upstream: ClientRequest): void {
    if (body === undefined) {
      upstream.end();
      return;
    }
    upstream.flushHeaders();
    this.stopContent = pump(body, upstream);
    body.once("end", () => {
      const fields = trailerFields(trailers());
      if (fields.length > 0 && upstream.hasHeader("transfer-encoding")) upstream.addTrailers(mutable(fields));
      upstream.end();
    });
  }

  private inform(status: number, fields: Fields): void {
    this.interim += 1;
    try {
      if (this.interim > MAXIMUM_INTERIM) throw answerRefusal("the server sends too many interim answers");
      this.exchange.inform(status, this.passedOn(fields));
    } catch (error) {
      this.upstream?.destroy(asRefusal(error));
    }
  }

  private passedOn(raw: Fields): Fields {
    const fields = answerFields(raw);
    return this.context.to.role === "subresource" ? readOnlyAnswer(fields) : withFormPolicy(fields, this.context.forms);
  }

  /** Not a byte of the answer is released before the server's token in its head has verified. */
  private async respondVerified(
    answer: IncomingMessage,
    upstream: ClientRequest,
    watch: ChannelWatch,
    pass: RequestPass,
    lease: Lease,
  ): Promise<void> {
    this.answer = answer;
    answer.on("error", () => {});
    try {
      await pass.verify(answer.statusCode ?? 500, answer.rawHeaders);
    } catch (error) {
      const refusal = asRefusal(error);
      lease.channel.destroy(refusal);
      this.fail(refusal);
      return;
    }
    if (answer.destroyed) this.fail(reasonOf(answer.errored, watch));
    else this.respond(answer, upstream, watch);
  }

  private respond(answer: IncomingMessage, upstream: ClientRequest, watch: ChannelWatch): void {
    this.answer = answer;
    try {
      const out = this.beginAnswer(answer, watch);
      upstream.setTimeout(this.context.limits.bodyIdle);
      this.relayBody(answer, out, watch);
    } catch (error) {
      answer.on("error", () => {});
      upstream.destroy();
      this.fail(asRefusal(error));
    }
  }

  private beginAnswer(incoming: IncomingMessage, watch: ChannelWatch): Writable {
    const { statusCode: status = 0, statusMessage: reason = "" } = incoming;
    if (watch.fault !== undefined) throw reasonOf(undefined, watch);
    if (status < 200 || status > 599) throw answerRefusal(`the status is ${status}`);
    const passed = this.passedOn(pairs(incoming.rawHeaders));
    admitRedirect(this.exchange.method, this.url, { status, fields: passed }, this.context.forms);
    const fields = status === 204 ? passed.filter(([name]) => name.toLowerCase() !== "content-length") : passed;
    const body = this.exchange.method !== "HEAD" && status !== 204 && status !== 304;
    const trailers = incoming.headers["transfer-encoding"] !== undefined;
    return this.exchange.begin({ status, reason, fields, body, trailers });
  }

  private relayBody(answer: IncomingMessage, out: Writable, watch: ChannelWatch): void {
    answer.on("error", () => {});
    answer.once("close", () => {
      if (!answer.complete) this.fail(reasonOf(answer.errored, watch));
    });
    if (out.writableEnded) {
      answer.resume();
      return;
    }
    pump(answer, out);
    answer.once("end", () => {
      if (answer.complete) this.exchange.finish(trailerFields(pairs(answer.rawTrailers)));
    });
  }

  /** Nothing moved on the channel for too long. While it is the page that holds the flow up, that is no fault. */
  private stalled(upstream: ClientRequest): void {
    const { answer, exchange, context } = this;
    const { responseHead, bodyIdle } = context.limits;
    const pageSends = exchange.body !== undefined && !exchange.body.readableEnded && !upstream.writableNeedDrain;
    if (answer === undefined ? pageSends : answer.isPaused()) {
      upstream.socket?.setTimeout(bodyIdle);
      return;
    }
    const fault = `nothing came from the server for ${answer === undefined ? responseHead : bodyIdle} ms`;
    const refusal = new Refusal("network.timeout", { value: context.to.origin, fault, expected: "an answer" });
    answer?.destroy(refusal);
    upstream.destroy(refusal);
  }
}

/** @throws Refusal `gateway.request` for what cannot be written as HTTP/1.1; the channel goes back unused */
function startRequest(lease: Lease, options: RequestOptions, pass: RequestPass | undefined): ClientRequest {
  try {
    return lease.channel.request(options);
  } catch (error) {
    pass?.abandon();
    lease.release(true);
    const fault = error instanceof Error ? error.message : String(error);
    throw new Refusal("gateway.request", { fault, expected: "a request that HTTP/1.1 can say" }, { cause: error });
  }
}

/** Why the server's side ended before its answer was whole. */
function reasonOf(error: Error | null | undefined, { fault }: ChannelWatch): Refusal {
  if (fault !== undefined) return answerRefusal(fault);
  if (error instanceof Refusal) return error;
  // Of Node's parser (llhttp).
  if (error != null && "code" in error && String(error.code).startsWith("HPE_")) return answerRefusal(error.message);
  return asRefusal(new Error("the server ended the connection before its answer was whole", { cause: error }));
}

const mutable = (fields: Fields): [string, string][] => fields.map(([name, value]) => [name, value]);
