/**
 * `npm run bench`: every row against its peers in this same run, as a table and in out/bench.json. Names of rows as
 * arguments run only these.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { measureMemory } from "./app-memory.ts";
import { measurePage } from "./app-page.ts";
import { measureStart } from "./app-start.ts";
import { measureChannels } from "./channels.ts";
import { measureConnect } from "./connect.ts";
import { measureGssSocket } from "./gss-socket.ts";
import { measureHostile } from "./hostile.ts";
import { measureKerberos } from "./kerberos.ts";
import { type Portal, startPortal } from "./portal.ts";
import { type Row, tableOf } from "./row.ts";
import { measureTenthRequest } from "./tenth-request.ts";
import { measureThroughput } from "./throughput.ts";

const MEASURES: Readonly<Record<string, (portal: Portal) => Promise<readonly Row[]>>> = {
  throughput: measureThroughput,
  connect: measureConnect,
  requests: measureTenthRequest,
  channels: measureChannels,
  kerberos: measureKerberos,
  gss: measureGssSocket,
  hostile: measureHostile,
  start: measureStart,
  memory: measureMemory,
  page: measurePage,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => MEASURES[name] === undefined);
if (unknown.length > 0) {
  console.error(`${unknown.join(", ")}: no such measure; expected some of ${Object.keys(MEASURES).join(", ")}`);
  process.exit(2);
}

const portal = await startPortal();
const rows: Row[] = [];
try {
  for (const [name, measure] of Object.entries(MEASURES)) {
    if (wanted.length === 0 || wanted.includes(name)) {
      console.error(`measuring ${name} …`);
      rows.push(...(await measure(portal)));
    }
  }
} finally {
  await portal.nginx.stop();
}
mkdirSync("out", { recursive: true });
writeFileSync("out/bench.json", `${JSON.stringify(rows, undefined, 2)}\n`);
console.log(tableOf(rows));
