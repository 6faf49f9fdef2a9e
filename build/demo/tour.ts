/** The guided tour: opens each site of the demo, prints each verdict with its reason, keeps a picture of each state. */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ElectronApplication, _electron as electron, type Page } from "playwright";
import type { CountersignApi, TrustView, UiState } from "../../app/ipc/contract.ts";
import type { KerberosDemo } from "./kerberos.ts";
import type { DemoRealm } from "./realm.ts";

declare const window: { countersign: CountersignApi };

const run = promisify(execFile);

interface Stop {
  readonly name: string;
  readonly what: string;
  readonly go: { readonly site: string } | { readonly address: string };
  readonly expected: string;
  /** What must hold besides, at the servers. */
  readonly witness?: { readonly what: string; readonly holds: () => boolean };
}

type Outcome = { readonly code: string; readonly reason: string };

const stops = (realm: DemoRealm): readonly Stop[] => [
  { name: "1-portal", what: "the bank's portal", go: { site: "bank" }, expected: "authenticated" },
  { name: "2-impostor", what: "an impostor of it", go: { site: "hijacked" }, expected: "server.pin-mismatch" },
  { name: "3-silent", what: "a portal that never asks", go: { site: "staff" }, expected: "client.not-requested" },
  { name: "4-hostile", what: "a hostile site", go: { address: realm.addresses.hostile }, expected: "site.hostile" },
  {
    name: "5-unlisted",
    what: "an unlisted site",
    go: { address: realm.addresses.unlisted },
    expected: "site.unlisted",
  },
  ...kerberosStops(realm.kerberos),
];

function kerberosStops(kerberos: KerberosDemo | undefined): readonly Stop[] {
  if (kerberos === undefined) return [];
  return [
    {
      name: "6-kerberos",
      what: "a portal with Kerberos",
      go: { site: "portal" },
      expected: "authenticated",
      witness: {
        what: "the portal knows who asked",
        holds: () => kerberos.letIn().length > 0,
      },
    },
    {
      name: "7-thief",
      what: "an impostor that relays tickets to it",
      go: { site: "thief" },
      expected: "server.pin-mismatch",
      witness: { what: "it received no token", holds: () => kerberos.impostorReceived() === "" },
    },
  ];
}

/** What the interface says of the active site once it has settled; undefined while it has not. */
function outcome(state: UiState): Outcome | undefined {
  const active = state.active;
  if (active === undefined) return undefined;
  if (active.stage === "refused" && active.refusal !== undefined) {
    return { code: active.refusal.code, reason: active.refusal.message };
  }
  if (active.stage !== "page" || active.seal !== "open" || active.loading || active.trust === undefined)
    return undefined;
  const { server, client } = active.trust;
  return { code: "authenticated", reason: `${server.host} proved itself by ${server.by}${userProof(client)}` };
}

function userProof(client: TrustView["client"]): string {
  if (client.method === "form") return "";
  return `; you proved yourself as ${client.method === "certificate" ? client.subject : client.principal}`;
}

async function visit(ui: Page, stop: Stop): Promise<Outcome> {
  const before = await ui.evaluate(() => window.countersign.call("app.state"));
  if ("site" in stop.go) await ui.evaluate((site) => window.countersign.call("site.open", { site }), stop.go.site);
  else await ui.evaluate((text) => window.countersign.call("site.navigate", { text }), stop.go.address);
  const asBefore = JSON.stringify(before.active);
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const state = await ui.evaluate(() => window.countersign.call("app.state"));
    const found = JSON.stringify(state.active) === asBefore ? undefined : outcome(state);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { code: "none", reason: "no verdict within 15 seconds" };
}

/** The window as the display shows it, pages of sites included. */
async function takePicture(app: ElectronApplication, file: string): Promise<void> {
  const bounds = await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds());
  if (bounds === undefined) throw new Error("no window to take a picture of");
  const { x, y, width, height } = bounds;
  await run("import", ["-window", "root", "-crop", `${width}x${height}+${x}+${y}`, "+repage", file]);
}

/**
 * @param realm the running demo servers
 * @param args how the app is started
 * @param to `folder` for the pictures, `environment` of the app
 * @returns whether every verdict was the expected one
 */
export async function tour(
  realm: DemoRealm,
  args: readonly string[],
  to: { readonly folder: string; readonly environment: NodeJS.ProcessEnv },
): Promise<boolean> {
  const { folder, environment } = to;
  const defined = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  mkdirSync(folder, { recursive: true });
  const app: ElectronApplication = await electron.launch({
    args: [...args],
    env: Object.fromEntries(defined),
    chromiumSandbox: !args.includes("--no-sandbox"),
  });
  let good = true;
  try {
    const ui = await app.firstWindow();
    await ui.waitForLoadState("load");
    for (const stop of stops(realm)) {
      const { code, reason } = await visit(ui, stop);
      await new Promise((resolve) => setTimeout(resolve, 400));
      await takePicture(app, join(folder, `${stop.name}.png`));
      const right = code === stop.expected;
      const witnessed = stop.witness === undefined || stop.witness.holds();
      good &&= right && witnessed;
      console.log(`${right ? "✔" : "✖"} ${stop.what}: ${code}${right ? "" : ` (expected ${stop.expected})`}`);
      console.log(`    ${reason}`);
      if (stop.witness !== undefined) console.log(`    ${witnessed ? "✔" : "✖"} ${stop.witness.what}`);
    }
  } finally {
    await app.close();
  }
  return good;
}
