import { createRoot } from "react-dom/client";
import type { CallName, CountersignApi, UiState } from "../../../app/ipc/contract.ts";
import { ApiProvider } from "../../../renderer/api.ts";
import { App } from "../../../renderer/app.tsx";
import { type Scene, scenes } from "./scenes.ts";

/** Answers from the scene, and remembers what was called for whoever looks. */
function fakeApi(scene: Scene): CountersignApi {
  const listeners = new Set<(state: UiState) => void>();
  const calls: unknown[] = [];
  Object.assign(window, { calls, push: (state: UiState) => [...listeners].map((listener) => listener(state)) });
  const answers: Partial<Record<CallName, unknown>> = { "app.state": scene.state, ...scene.answers };
  return {
    call: async (name, ...args) => {
      calls.push([name, ...args]);
      return (answers[name] ?? undefined) as never;
    },
    onState: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const wanted = decodeURIComponent(location.hash.slice(1));
const scene = scenes.find((candidate) => candidate.name === wanted) ?? scenes[0];
const root = document.getElementById("root");
if (scene !== undefined && root !== null) {
  Object.assign(window, { clicks: scene.clicks ?? [], sceneNames: scenes.map((candidate) => candidate.name) });
  createRoot(root).render(
    <ApiProvider value={fakeApi(scene)}>
      <App />
    </ApiProvider>,
  );
}
