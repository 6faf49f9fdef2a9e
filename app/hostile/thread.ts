import { Worker } from "node:worker_threads";
import { Refusal } from "../core/refusal.ts";
import type { Job, JobResult } from "./job.ts";
import type { WorkerAnswer } from "./worker.ts";

/** Runs a job in a thread of its own, which the signal ends. @throws Refusal `hostile.*` */
export type JobRunner = (job: Job, signal: AbortSignal) => Promise<JobResult>;

/** @param script worker.ts, as it is bundled; memory beyond the limit ends the thread, not the program */
export function threadRunner(script: string | URL): JobRunner {
  return async (job, signal) => {
    signal.throwIfAborted();
    const worker = new Worker(script, { workerData: job, resourceLimits: { maxOldGenerationSizeMb: 512 } });
    const end = () => void worker.terminate();
    signal.addEventListener("abort", end, { once: true });
    return new Promise<JobResult>((resolve, reject) => {
      worker.once("message", (answer: WorkerAnswer) => {
        if (answer.ok) resolve(answer.result);
        else reject(new Refusal(answer.code ?? "hostile.storage", answer.detail));
      });
      const failed = (fault: string) => reject(new Refusal("hostile.storage", { value: job.kind, fault }));
      worker.once("error", (error) => failed(error instanceof Error ? error.message : String(error)));
      worker.once("exit", (code) => failed(`the thread ended with ${code}`));
    }).finally(() => signal.removeEventListener("abort", end));
  };
}
