/** Interleaves our way to a verdict with a bare mutual-TLS handshake and one answered HEAD, in one process. */
import { type RequestOptions, request } from "node:https";
import { createSecureContext } from "node:tls";
import { answer, inputOf } from "./child-side.ts";
import type { PortalFacts } from "./portal.ts";
import { assemble } from "./product.ts";

const WARM_UP = 30;
const ROUNDS = 200;

const portal = await inputOf<PortalFacts>();
const { opener, expectation } = assemble(portal);
const secureContext = createSecureContext({
  ca: portal.rootPem,
  cert: portal.identity.chainPem,
  key: portal.identity.keyPem,
});

async function timed(work: () => Promise<() => void>): Promise<number> {
  const start = performance.now();
  const end = await work();
  const duration = performance.now() - start;
  end();
  // Closing is nobody's measure: let it be over before the next begins.
  await new Promise((resolve) => setTimeout(resolve, 2));
  return duration;
}

async function product(): Promise<() => void> {
  const channel = await opener.open(expectation, new AbortController().signal);
  return () => channel.destroy();
}

function bare(): Promise<() => void> {
  return new Promise((resolve, reject) => {
    // The context is made once, as we do: https.request would make it anew each time.
    const options: RequestOptions & { secureContext: unknown } = {
      host: "127.0.0.1",
      port: portal.port,
      servername: portal.host,
      method: "HEAD",
      path: "/",
      headers: { host: `${portal.host}:${portal.port}` },
      agent: false,
      secureContext,
    };
    const asked = request(options);
    asked.once("error", reject);
    asked.once("response", (response) => {
      if (response.statusCode !== 200) {
        reject(new Error(`HTTP ${response.statusCode}`));
      }
      response.resume();
      resolve(() => asked.destroy());
    });
    asked.end();
  });
}

const durations: { product: number[]; bare: number[] } = { product: [], bare: [] };
for (let round = -WARM_UP; round < ROUNDS; round += 1) {
  const pair = { product: await timed(product), bare: await timed(bare) };
  if (round >= 0) {
    durations.product.push(pair.product);
    durations.bare.push(pair.bare);
  }
}
answer(durations);
