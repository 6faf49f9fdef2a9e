/** The thread that builds, merges and checks segments: one job, one answer. */
import { parentPort, workerData } from "node:worker_threads";
import { Refusal } from "../core/refusal.ts";
import { type Job, type JobResult, runJob } from "./job.ts";

export type WorkerAnswer =
  | { readonly ok: true; readonly result: JobResult }
  | { readonly ok: false; readonly code?: Refusal["code"]; readonly detail: Refusal["detail"] };

function answer(): WorkerAnswer {
  try {
    return { ok: true, result: runJob(workerData as Job) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, code: error.code, detail: error.detail };
    return { ok: false, detail: { fault: error instanceof Error ? error.message : String(error) } };
  }
}

parentPort?.postMessage(answer());
