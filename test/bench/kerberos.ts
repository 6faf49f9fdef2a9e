/** Kerberos: from `connect` to the verdict against curl, and what a token for each request costs in the relay. */
import { bundled } from "./bundle.ts";
import { startChild } from "./child.ts";
import type { GatewayFacts } from "./gateway-child.ts";
import type { KerberosTimes } from "./kerberos-connect-child.ts";
import { type KerberosFacts, type KerberosPortal, missingPrograms, startKerberosPortal } from "./kerberos-portal.ts";
import { agentThrough, get } from "./proxied-agent.ts";
import { median, type Row, rowOf } from "./row.ts";

const ROUNDS = 300;
const WARM_UP = 50;
const GOAL = 1.25;

export async function measureKerberos(): Promise<readonly Row[]> {
  const missing = missingPrograms();
  if (missing.length > 0) {
    console.error(`kerberos: not measured, without ${missing.join(", ")}`);
    return [];
  }
  const portal = await startKerberosPortal(await bundled("../../app/auth/gss/worker.ts"));
  try {
    return [...(await measureVerdict(portal.knowsConnections)), await measureRequests(portal)];
  } finally {
    await portal.stop();
  }
}

async function measureVerdict(facts: KerberosFacts): Promise<readonly Row[]> {
  const child = await startChild("./kerberos-connect-child.ts", facts);
  try {
    const times = (await child.next()) as KerberosTimes;
    const common = { product: median(times.product), unit: "ms", better: "less", goal: GOAL } as const;
    return [
      rowOf({
        ...common,
        id: "kerberos.verdict",
        what: "Kerberos: connect to verdict, median of 100",
        peer: median(times.curl),
        peerName: "curl --negotiate, without the start of its process",
      }),
      rowOf({
        ...common,
        id: "kerberos.verdict.warm",
        what: "Kerberos: connect to verdict, median of 100",
        peer: median(times.curlAgain),
        peerName: "curl --negotiate, a process's second connection",
      }),
    ];
  } finally {
    await child.stop();
  }
}

async function measureRequests(portal: KerberosPortal): Promise<Row> {
  const ways = [await startWay(portal.wantsTokens), await startWay(portal.knowsConnections)] as const;
  try {
    const times: [number[], number[]] = [[], []];
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      for (const [index, way] of ways.entries()) {
        const time = await way.request();
        if (round >= 0) times[index]?.push(time);
      }
    }
    return rowOf({
      id: "kerberos.request",
      what: "Kerberos: one request through the relay, median of 300",
      product: median(times[0]),
      peer: median(times[1]),
      peerName: "the same relay and server, the connection known",
      unit: "ms",
      better: "less",
    });
  } finally {
    for (const way of ways) await way.stop();
  }
}

interface Way {
  /** One small request on a warm connection. @returns milliseconds */
  request(): Promise<number>;
  stop(): Promise<void>;
}

async function startWay(facts: KerberosFacts): Promise<Way> {
  const gateway = await startChild("./kerberos-gateway-child.ts", facts);
  const agent = agentThrough((await gateway.next()) as GatewayFacts, facts);
  return {
    request: async () => {
      const start = performance.now();
      await get(agent, facts, "/saved.html");
      return performance.now() - start;
    },
    stop: async () => {
      agent.destroy();
      await gateway.stop();
    },
  };
}
