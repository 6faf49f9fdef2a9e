/** The real app before the scene's server, as most tests of the shell want it. */
import type { UiState } from "../../../app/ipc/contract.ts";
import { type Desk, launchApp, type RunningApp, startDesk } from "./app.ts";
import { type Scene, startScene } from "./scene.ts";

export interface AppScene {
  readonly desk: Desk;
  readonly scene: Scene;
  readonly app: RunningApp;
  stop(): Promise<void>;
}

/** Whatever has been started is stopped again when a later part fails to start. */
export async function startAppScene(): Promise<AppScene> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const desk = await startDesk();
    stops.push(() => desk.stop());
    const scene = await startScene(desk.folder);
    stops.push(() => scene.stop());
    const app = await launchApp(desk, { profile: scene.profile });
    stops.push(() => app.close());
    app.ui.setDefaultTimeout(10_000);
    await app.until("the profile", ({ profile }) => profile.kind === "loaded");
    return { desk, scene, app, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whether the page of this path is on the stage. */
export const shows = (path: string) => (state: UiState) => state.active?.stage === "page" && state.active.path === path;

export const refused = (state: UiState) => state.active?.stage === "refused";
