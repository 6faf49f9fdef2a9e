/** From `connect` to the verdict, against what any client needs that shows a certificate and asks one thing. */
import { startChild } from "./child.ts";
import { factsOf, type Portal } from "./portal.ts";
import { median, type Row, rowOf } from "./row.ts";

export async function measureConnect(portal: Portal): Promise<readonly Row[]> {
  const child = await startChild("./connect-child.ts", factsOf(portal));
  try {
    const { product, bare } = (await child.next()) as { product: number[]; bare: number[] };
    return [
      rowOf({
        id: "connect.verdict",
        what: "connect to verdict, median of 200",
        product: median(product),
        peer: median(bare),
        peerName: "bare Node mutual TLS and one HEAD",
        unit: "ms",
        better: "less",
        goal: 1.25,
      }),
    ];
  } finally {
    await child.stop();
  }
}
