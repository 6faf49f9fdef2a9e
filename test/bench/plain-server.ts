/** An nginx that asks for no certificate, since a bare window has none to show, and a profile that names it. */
import { type Nginx, type NginxOptions, startNginx } from "../realm/nginx.ts";
import { HOST, makeScene } from "../realm/scene.ts";
import type { DesktopApp } from "./desktop-app.ts";

export interface PlainServer {
  readonly nginx: Nginx;
  readonly origin: string;
  readonly profile: object;
  /** With these a bare window finds it and takes its certificate. */
  readonly bareSwitches: readonly string[];
}

export async function startPlainServer(more: Pick<NginxOptions, "files" | "configuration"> = {}): Promise<PlainServer> {
  const { genuine, root: anchor } = makeScene();
  const nginx = await startNginx({ certificate: genuine, verify: "off", ...more });
  const origin = `https://${HOST}:${nginx.port}`;
  const site = {
    id: "bank",
    name: "Bank",
    origins: [origin],
    addresses: ["127.0.0.1"],
    server: { pins: [genuine.pin], anchors: [anchor.certificatePem] },
    client: { method: "form" },
  };
  return {
    nginx,
    origin,
    profile: { version: 1, serial: 1, organization: "Example Bank", sites: [site] },
    bareSwitches: [`--host-resolver-rules=MAP ${HOST} 127.0.0.1`, "--ignore-certificate-errors"],
  };
}

/** Opens the profile's site by the interface's own call, as its list of sites makes it. */
export async function openSite(app: DesktopApp): Promise<void> {
  const ui = await app.page((url) => !/^(about|devtools|https):/.test(url));
  await ui.getByText("Bank", { exact: true }).first().waitFor();
  await ui.evaluate('window.countersign.call("site.open", { site: "bank" })');
}
