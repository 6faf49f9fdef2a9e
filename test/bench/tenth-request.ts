/** A page's life after its first request: ten small ones, one after the other, on connections that are warm. */
import type { Agent } from "node:https";
import { startChild } from "./child.ts";
import type { GatewayFacts } from "./gateway-child.ts";
import { factsOf, type Portal, type PortalFacts } from "./portal.ts";
import { agentThrough, agentTo, get } from "./proxied-agent.ts";
import { median, type Row, rowOf } from "./row.ts";
import { startStunnelPair } from "./stunnel.ts";

const ROUNDS = 100;
const WARM_UP = 20;
const REQUESTS = 10;

async function untilTenth(agent: Agent, portal: PortalFacts, port: number): Promise<number> {
  const start = performance.now();
  for (let request = 0; request < REQUESTS; request += 1) {
    await get(agent, portal, "/account.html", port);
  }
  return performance.now() - start;
}

export async function measureTenthRequest(portal: Portal): Promise<readonly Row[]> {
  const gateway = await startChild("./gateway-child.ts", factsOf(portal));
  const stunnels = await startStunnelPair(portal);
  const facts = (await gateway.next()) as GatewayFacts;
  const ways = {
    product: { agent: agentThrough(facts, portal), port: portal.port },
    direct: { agent: agentTo(portal.port, portal), port: portal.port },
    stunnels: { agent: agentTo(stunnels.port, portal), port: stunnels.port },
  };
  try {
    const times = { product: [] as number[], direct: [] as number[], stunnels: [] as number[] };
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      for (const name of ["product", "direct", "stunnels"] as const) {
        const time = await untilTenth(ways[name].agent, portal, ways[name].port);
        if (round >= 0) times[name].push(time);
      }
    }
    const common = {
      what: "ten requests on a warm pool, median of 100",
      product: median(times.product),
      unit: "ms",
      better: "less",
    } as const;
    return [
      rowOf({
        ...common,
        id: "requests.tenth",
        peer: median(times.direct),
        peerName: "keep-alive https.Agent, direct",
      }),
      rowOf({
        ...common,
        id: "requests.tenth.stunnels",
        peer: median(times.stunnels),
        peerName: "keep-alive https.Agent, two chained stunnels",
      }),
    ];
  } finally {
    for (const { agent } of Object.values(ways)) agent.destroy();
    await gateway.stop();
    await stunnels.stop();
  }
}
