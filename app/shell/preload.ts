/** Runs sandboxed in the interface's own window and exposes exactly CountersignApi. */
import { contextBridge, ipcRenderer } from "electron";
import type { CountersignApi, UiState, WireAnswer } from "../ipc/contract.ts";

const api: CountersignApi = {
  async call(name, ...args) {
    const answer: WireAnswer<typeof name> = await ipcRenderer.invoke(`countersign:${name}`, ...args);
    if (!answer.ok) throw new Error(`${answer.rejection.code}: ${answer.rejection.fault}`);
    return answer.value;
  },
  onState(listener) {
    const receive = (_event: unknown, state: UiState): void => listener(state);
    ipcRenderer.on("countersign:state", receive);
    return () => ipcRenderer.off("countersign:state", receive);
  },
};

contextBridge.exposeInMainWorld("countersign", api);
