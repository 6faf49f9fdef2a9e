/** Throughput of a GSS-protected socket against plain TCP: the same client and the same service, once without both. */
import { startKdc } from "../realm/kerberos/kdc.ts";
import { startSocketService } from "../realm/kerberos/socket-service.ts";
import { bundled } from "./bundle.ts";
import { startChild } from "./child.ts";
import type { GssSocketFacts, GssSocketSpeeds } from "./gss-socket-child.ts";
import { missingPrograms } from "./kerberos-portal.ts";
import { median, type Row, rowOf } from "./row.ts";

const HOST = "ledger.corp.example";
const REALM = "CORP.EXAMPLE";
const SERVICE = `LEDGER/${HOST}`;

export async function measureGssSocket(): Promise<readonly Row[]> {
  const missing = missingPrograms();
  if (missing.length > 0) {
    console.error(`gss: not measured, without ${missing.join(", ")}`);
    return [];
  }
  const worker = await bundled("../../app/auth/gss/worker.ts");
  const kdc = await startKdc({ realm: REALM, users: { ada: "secret" }, services: [SERVICE] });
  const common = { keytab: kdc.keytab([SERVICE]), env: kdc.env };
  const service = await startSocketService(common);
  const bare = await startSocketService({ ...common, bare: true });
  const origin = `https://${HOST}`;
  const site = {
    id: "ledger",
    name: "Ledger",
    origins: [origin],
    addresses: ["127.0.0.1"],
    transport: "gss",
    servicePort: service.port,
    server: { spn: { class: "LEDGER", realm: REALM } },
    client: { method: "kerberos" },
  };
  const facts: GssSocketFacts = {
    host: HOST,
    port: 443,
    origin,
    profile: { version: 1, serial: 1, organization: "Example Corp", sites: [site] },
    env: { ...kdc.env, KRB5CCNAME: kdc.login("ada") },
    worker,
    bare: bare.port,
  };
  const child = await startChild("./gss-socket-child.ts", facts);
  try {
    const speeds = (await child.next()) as GssSocketSpeeds;
    const row = (direction: "download" | "upload") =>
      rowOf({
        id: `gss.${direction}`,
        what: `GSS-protected socket: ${direction} of 64 MiB, median of 5`,
        product: median(speeds[direction].product),
        peer: median(speeds[direction].bare),
        peerName: "the same service and client over plain TCP",
        unit: "MiB/s",
        better: "more",
      });
    return [row("download"), row("upload")];
  } finally {
    await child.stop();
    await bare.stop();
    await service.stop();
    await kdc.stop();
  }
}
