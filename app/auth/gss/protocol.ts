/** What the main process and the worker that calls the library say to each other. */
import type { GssCredential, GssFailure, GssStep, InitiateOptions } from "./port.ts";

export type GssCall =
  | { readonly kind: "credential" }
  /** Begins a context and takes its first step: one way to the process and back for both. */
  | {
      readonly kind: "initiate";
      readonly context: number;
      readonly options: InitiateOptions;
      readonly input: Uint8Array | undefined;
    }
  | { readonly kind: "step"; readonly context: number; readonly input: Uint8Array | undefined }
  /** Several messages in one call: the way to the process and back costs about as much as a message. */
  | {
      readonly kind: "wrap";
      readonly context: number;
      readonly messages: readonly Uint8Array[];
      readonly confidential: boolean;
    }
  | { readonly kind: "unwrap"; readonly context: number; readonly messages: readonly Uint8Array[] }
  | { readonly kind: "dispose"; readonly context: number };

export interface GssRequest {
  readonly id: number;
  readonly call: GssCall;
}

export interface Unwrapped {
  readonly message: Uint8Array;
  readonly confidential: boolean;
}

export type GssValue = GssCredential | GssStep | readonly Uint8Array[] | readonly Unwrapped[] | undefined;

export type GssReply =
  | { readonly id: number; readonly ok: true; readonly value: GssValue }
  | { readonly id: number; readonly ok: false; readonly failure: GssFailure };

/** A process that runs `serveGss`, as its parent sees it. */
export interface GssWorker {
  post(request: GssRequest): void;
  onReply(listener: (reply: GssReply) => void): void;
  /** Called once, when the process has ended for whatever reason. */
  onExit(listener: () => void): void;
  kill(): void;
}

/** Starts such a process. Electron's utility process in the app; a forked Node in tests. */
export type GssWorkerSpawner = () => GssWorker;
