/** What the browser engine must be told before it is ready. */
import { app, Menu } from "electron";
import { declareScheme } from "./scheme.ts";
import { DEAD_RESOLVER, disabledFeatures, ENGINE_SWITCHES } from "./switches.ts";
import { engineUserAgent } from "./user-agent.ts";
import { guardWarnings } from "./warnings.ts";

/** Runs in the first turn of the program, before the engine is ready. */
export function prepareEngine(): void {
  guardWarnings();
  for (const [name, value] of ENGINE_SWITCHES) app.commandLine.appendSwitch(name, value);
  app.commandLine.appendSwitch(
    "disable-features",
    disabledFeatures(app.commandLine.getSwitchValue("disable-features")),
  );
  // Also for pop-ups, whose first request does not ask their session.
  app.userAgentFallback = engineUserAgent(app.userAgentFallback);
  app.enableSandbox();
  declareScheme();
  // The default menu costs time; ours comes after the first paint.
  Menu.setApplicationMenu(null);
}

/** Runs as soon as the engine is ready, before anything loads: from here on it resolves no name. */
export function shutResolver(): void {
  app.configureHostResolver({ ...DEAD_RESOLVER, secureDnsServers: [...DEAD_RESOLVER.secureDnsServers] });
}
