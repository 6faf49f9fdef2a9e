import { Refusal } from "../../core/refusal.ts";
import type { GssContext, GssCredential, GssPort, GssStep, InitiateOptions, UnwrappedMessage } from "./port.ts";
import type { GssCall, GssReply, GssValue, GssWorker, GssWorkerSpawner, Unwrapped } from "./protocol.ts";

export interface GssPoolOptions {
  readonly spawn: GssWorkerSpawner;
  /** How long a call may take, waiting for a free process included, milliseconds. */
  readonly timeout?: number;
  /** Processes at once. */
  readonly workers?: number;
}

interface Waiting {
  readonly call: GssCall;
  readonly worker: Worker | undefined;
  readonly settle: (reply: GssReply | Refusal) => void;
  readonly start: (worker: Worker) => void;
}

/**
 * The system's Kerberos behind a few processes. Calls cannot be cancelled, so a process whose call takes too long is
 * ended and replaced; the contexts it held end with it. A new context goes to a process that holds none where there
 * is one or may be one, so that a KDC that does not answer holds up as few others as can be.
 */
export function createGssPort({ spawn, timeout = 15_000, workers = 4 }: GssPoolOptions): GssPort {
  const pool = new Pool(spawn, timeout, workers);
  return {
    initiate: (options) => new PooledContext(pool, options),
    credential: async () => (await pool.run({ kind: "credential" }, undefined)).value as GssCredential,
    dispose: () => pool.dispose(),
  };
}

let ids = 0;

interface Busy {
  readonly id: number;
  readonly call: GssCall;
  readonly settle: (reply: GssReply | Refusal) => void;
}

/** One process and the call it is busy with. */
class Worker {
  readonly #process: GssWorker;
  #busy: Busy | undefined;
  #contexts = 0;
  ended = false;

  constructor(spawn: GssWorkerSpawner, idle: () => void) {
    this.#process = spawn();
    this.#process.onReply((reply) => {
      if (this.#busy?.id !== reply.id) return;
      const { settle, call } = this.#busy;
      this.#busy = undefined;
      if (call.kind === "initiate" && reply.ok) this.#contexts += 1;
      if (call.kind === "dispose") this.#contexts -= 1;
      settle(reply);
      idle();
    });
    this.#process.onExit(() => {
      this.ended = true;
      const busy = this.#busy;
      this.#busy = undefined;
      busy?.settle(new Refusal("kerberos.library", { fault: "the Kerberos process ended unexpectedly" }));
      idle();
    });
  }

  get busy(): boolean {
    return this.#busy !== undefined;
  }

  /** Contexts that end if this process does. */
  get contexts(): number {
    return this.#contexts;
  }

  run(call: GssCall, settle: (reply: GssReply | Refusal) => void): void {
    ids += 1;
    this.#busy = { id: ids, call, settle };
    this.#process.post({ id: ids, call });
  }

  /** @param why told to the call it is busy with, unless that one has been told */
  kill(why?: Refusal): void {
    const busy = this.#busy;
    this.ended = true;
    this.#busy = undefined;
    this.#process.kill();
    if (why !== undefined) busy?.settle(why);
  }
}

class Pool {
  readonly #spawn: GssWorkerSpawner;
  readonly #timeout: number;
  readonly #limit: number;
  readonly #workers = new Set<Worker>();
  readonly #waiting: Waiting[] = [];
  #disposed = false;

  constructor(spawn: GssWorkerSpawner, timeout: number, limit: number) {
    this.#spawn = spawn;
    this.#timeout = timeout;
    this.#limit = limit;
  }

  /**
   * @param worker the process that holds the call's context; any when undefined
   * @throws Refusal, `kerberos.timeout` among them
   */
  run(call: GssCall, worker: Worker | undefined): Promise<{ readonly value: GssValue; readonly worker: Worker }> {
    if (this.#disposed) return Promise.reject(shutDown());
    return new Promise((resolve, reject) => {
      let at: Worker | undefined;
      const timer = setTimeout(() => {
        const place = this.#waiting.indexOf(waiting);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(timedOut(call, this.#timeout));
        // The process hangs in this call: it and what it holds are given up.
        if (at !== undefined) this.#end(at);
        this.#startNext();
      }, this.#timeout);
      const settle = (reply: GssReply | Refusal) => {
        clearTimeout(timer);
        if (reply instanceof Refusal) reject(reply);
        else if (!reply.ok) reject(new Refusal(reply.failure.code, reply.failure.detail));
        else if (at !== undefined) resolve({ value: reply.value, worker: at });
      };
      const waiting: Waiting = {
        call,
        worker,
        settle,
        start: (chosen: Worker) => {
          at = chosen;
          chosen.run(call, settle);
        },
      };
      this.#waiting.push(waiting);
      this.#startNext();
    });
  }

  /** Frees a context where its process still lives; nobody waits for it. */
  release(context: number, worker: Worker | undefined): void {
    if (worker === undefined || worker.ended) return;
    this.run({ kind: "dispose", context }, worker).catch(() => {});
  }

  dispose(): void {
    this.#disposed = true;
    for (const { settle } of this.#waiting.splice(0)) settle(shutDown());
    for (const worker of [...this.#workers]) this.#end(worker, shutDown());
  }

  #end(worker: Worker, why?: Refusal): void {
    this.#workers.delete(worker);
    worker.kill(why);
  }

  #startNext(): void {
    for (const waiting of [...this.#waiting]) {
      const place = this.#waiting.indexOf(waiting);
      if (place < 0) continue;
      try {
        const worker = waiting.worker?.ended === true ? gone() : this.#free(waiting.worker);
        if (worker === undefined) continue;
        this.#waiting.splice(place, 1);
        waiting.start(worker);
      } catch (error) {
        this.#waiting.splice(place, 1);
        waiting.settle(error instanceof Refusal ? error : noProcess(error));
      }
    }
  }

  /** @throws what the spawner throws */
  #free(wanted: Worker | undefined): Worker | undefined {
    for (const worker of this.#workers) if (worker.ended) this.#workers.delete(worker);
    if (wanted !== undefined) return wanted.busy ? undefined : wanted;
    const idle = [...this.#workers].filter(({ busy }) => !busy);
    const [least] = idle.sort((one, other) => one.contexts - other.contexts);
    if (least?.contexts === 0 || this.#workers.size >= this.#limit) return least;
    const worker = new Worker(this.#spawn, () => this.#startNext());
    this.#workers.add(worker);
    return worker;
  }
}

function gone(): never {
  throw new Refusal("kerberos.timeout", { fault: "the process that held the context was ended" });
}

function noProcess(error: unknown): Refusal {
  const fault = error instanceof Error ? error.message : String(error);
  return new Refusal("kerberos.library", { fault: `the Kerberos process does not start: ${fault}` }, { cause: error });
}

function shutDown(): Refusal {
  return new Refusal("verdict.cancelled", { fault: "Kerberos was shut down" });
}

let contexts = 0;

class PooledContext implements GssContext {
  readonly #pool: Pool;
  readonly #options: InitiateOptions;
  readonly #id: number;
  #worker: Worker | undefined;
  #disposed = false;

  constructor(pool: Pool, options: InitiateOptions) {
    contexts += 1;
    this.#pool = pool;
    this.#options = options;
    this.#id = contexts;
  }

  async step(input?: Buffer): Promise<GssStep> {
    try {
      return await this.#step(input);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { spn: service } = this.#options;
      throw new Refusal(error.code, { ...error.detail, service }, { cause: error });
    }
  }

  async #step(input?: Buffer): Promise<GssStep> {
    const { token, facts } = this.#worker === undefined ? await this.#begin(input) : await this.#goOn(input);
    return {
      ...(token === undefined ? {} : { token: Buffer.from(token) }),
      ...(facts === undefined ? {} : { facts }),
    };
  }

  async #begin(input: Buffer | undefined): Promise<GssStep> {
    const call = { kind: "initiate", context: this.#id, options: this.#options, input } as const;
    const { value, worker } = await this.#pool.run(call, undefined);
    this.#worker = worker;
    if (this.#disposed) this.#pool.release(this.#id, worker);
    return value as GssStep;
  }

  async #goOn(input: Buffer | undefined): Promise<GssStep> {
    const { value } = await this.#pool.run({ kind: "step", context: this.#id, input }, this.#worker);
    return value as GssStep;
  }

  async wrap(message: Buffer, confidential: boolean): Promise<Buffer> {
    return only(await this.wrapAll([message], confidential));
  }

  async unwrap(message: Buffer): Promise<UnwrappedMessage> {
    return only(await this.unwrapAll([message]));
  }

  async wrapAll(messages: readonly Buffer[], confidential: boolean): Promise<readonly Buffer[]> {
    const call = { kind: "wrap", context: this.#id, messages: messages.map(owned), confidential } as const;
    const { value } = await this.#pool.run(call, this.#worker);
    return (value as readonly Uint8Array[]).map(bufferOf);
  }

  async unwrapAll(messages: readonly Buffer[]): Promise<readonly UnwrappedMessage[]> {
    const call = { kind: "unwrap", context: this.#id, messages: messages.map(owned) } as const;
    const { value } = await this.#pool.run(call, this.#worker);
    return (value as readonly Unwrapped[]).map(({ message, confidential }) => ({
      message: bufferOf(message),
      confidential,
    }));
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#pool.release(this.#id, this.#worker);
  }
}

/** A copy of its own: a view would take the whole memory behind it to the other process. */
function owned(message: Buffer): Uint8Array {
  return new Uint8Array(message);
}

/** What has come from the other process is nobody else's: it need not be copied. */
function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function only<T>(values: readonly T[]): T {
  const [value] = values;
  if (value === undefined || values.length > 1) {
    throw new Refusal("kerberos.library", { fault: "the Kerberos process gave no one answer to one message" });
  }
  return value;
}

function timedOut(call: GssCall, timeout: number): Refusal {
  return new Refusal("kerberos.timeout", {
    value: `${timeout} ms`,
    fault: `the call ${call.kind} did not return`,
    expected: "an answer of the KDC or the library in time",
  });
}
