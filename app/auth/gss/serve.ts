import { Refusal } from "../../core/refusal.ts";
import type { GssFailure, GssLibrary, GssLibraryContext, GssStep } from "./port.ts";
import type { GssCall, GssReply, GssRequest, GssValue } from "./protocol.ts";

/** Answers calls one after the other: a call that waits for the KDC holds this process up, and nothing else. */
export class GssServer {
  readonly #open: () => GssLibrary;
  readonly #contexts = new Map<number, GssLibraryContext>();
  #library: GssLibrary | undefined;

  /** @param open loads the library; called with the first call that needs it, and again where that failed */
  constructor(open: () => GssLibrary) {
    this.#open = open;
  }

  answer({ id, call }: GssRequest): GssReply {
    try {
      return { id, ok: true, value: this.#run(call) };
    } catch (error) {
      return { id, ok: false, failure: failureOf(error) };
    }
  }

  #run(call: GssCall): GssValue {
    switch (call.kind) {
      case "credential":
        return this.#loaded.credential();
      case "initiate":
        return this.#begin(call);
      case "step":
        return this.#context(call.context).step(call.input);
      case "wrap": {
        const context = this.#context(call.context);
        return call.messages.map((message) => context.wrap(message, call.confidential));
      }
      case "unwrap": {
        const context = this.#context(call.context);
        return call.messages.map((message) => context.unwrap(message));
      }
      case "dispose":
        this.#contexts.get(call.context)?.dispose();
        this.#contexts.delete(call.context);
        return undefined;
    }
  }

  #begin({ context, options, input }: Extract<GssCall, { kind: "initiate" }>): GssStep {
    const begun = this.#loaded.initiate(options);
    try {
      const step = begun.step(input);
      this.#contexts.set(context, begun);
      return step;
    } catch (error) {
      begun.dispose();
      throw error;
    }
  }

  get #loaded(): GssLibrary {
    this.#library ??= this.#open();
    return this.#library;
  }

  #context(id: number): GssLibraryContext {
    const context = this.#contexts.get(id);
    if (context === undefined) throw new Refusal("kerberos.library", { fault: "the security context is gone" });
    return context;
  }
}

function failureOf(error: unknown): GssFailure {
  if (error instanceof Refusal) return { code: error.code, detail: error.detail };
  const fault = error instanceof Error ? error.message : String(error);
  return { code: "kerberos.library", detail: { fault } };
}

interface ParentPort {
  on(event: "message", listener: (event: { readonly data: GssRequest }) => void): void;
  postMessage(message: unknown): void;
}

/** Answers the process that started this one: Electron's main process, or a Node that forked it. */
export function serveParent(server: GssServer): void {
  const { parentPort } = process as NodeJS.Process & { readonly parentPort?: ParentPort };
  if (parentPort !== undefined) {
    parentPort.on("message", ({ data }) => parentPort.postMessage(server.answer(data)));
    return;
  }
  process.on("message", (request: GssRequest) => process.send?.(server.answer(request)));
  process.on("disconnect", () => process.exit());
}
