/** The one place where calls of the interface reach the main process. */
import type { IpcMain, IpcMainInvokeEvent } from "electron";
import {
  type CallArguments,
  type CallName,
  type CallRejection,
  type CallResults,
  callArguments,
  type WireAnswer,
} from "./contract.ts";

/** One function for every call of the contract. */
export type CallHandlers = {
  readonly [N in CallName]: (...args: CallArguments<N>) => Promise<CallResults[N]>;
};

/** Whom calls are taken from: one frame of one window, while it shows exactly this origin. */
export interface TrustedSender {
  /** Id of the window's webContents; undefined while there is no window. */
  readonly webContentsId: () => number | undefined;
  /** Scheme and host, e.g. `countersign://ui`. */
  readonly origin: string;
}

export interface Registration {
  readonly ipc: Pick<IpcMain, "handle">;
  readonly sender: TrustedSender;
  readonly handlers: CallHandlers;
  /** Told of every rejected call. Never sees arguments, which may hold a passphrase. */
  readonly rejected: (rejection: CallRejection) => void;
}

/** Registers a handler for every call of the contract: sender first, then arguments, then the call itself. */
export function registerCalls({ ipc, sender, handlers, rejected }: Registration): void {
  const register = <N extends CallName>(name: N): void => {
    ipc.handle(`countersign:${name}`, async (event: IpcMainInvokeEvent, ...args: unknown[]): Promise<WireAnswer<N>> => {
      const reject = (code: CallRejection["code"], fault: string): WireAnswer<N> => {
        const rejection: CallRejection = { code, call: name, fault };
        rejected(rejection);
        return { ok: false, rejection };
      };
      const fault = senderFault(event, sender);
      if (fault) return reject("sender", fault);
      const parsed = callArguments[name].safeParse(args);
      if (!parsed.success) return reject("arguments", describeIssues(parsed.error.issues));
      try {
        return { ok: true, value: await handlers[name](...(parsed.data as CallArguments<N>)) };
      } catch (error) {
        return reject("failed", error instanceof Error ? error.message : "unknown failure");
      }
    });
  };
  for (const name of Object.keys(callArguments) as CallName[]) register(name);
}

/** What is wrong with the sender of a call; undefined for our window's main frame at our origin. */
export function senderFault(
  event: Pick<IpcMainInvokeEvent, "sender" | "senderFrame">,
  trusted: TrustedSender,
): string | undefined {
  if (event.sender.id !== trusted.webContentsId()) return "not the window of the interface";
  const frame = event.senderFrame;
  if (!frame) return "the frame is gone";
  if (frame !== event.sender.mainFrame) return "not the main frame";
  const { protocol, host } = URL.canParse(frame.url) ? new URL(frame.url) : { protocol: "", host: "" };
  return `${protocol}//${host}` === trusted.origin ? undefined : "not the origin of the interface";
}

/** Paths and faults only: values stay out of logs. */
function describeIssues(issues: readonly { readonly path: readonly PropertyKey[]; readonly code: string }[]): string {
  return issues.map(({ path, code }) => `argument ${path.map(String).join(".")}: ${code}`).join("; ");
}
