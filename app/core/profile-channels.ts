/** The profile's piece about split channels: what the user gives travels apart from what the user gets. */
import { z } from "zod";
import type { NetworkPath } from "./expectation.ts";
import { addresses, object } from "./profile-parts.ts";

export const channels = z
  .literal("split", { error: '"split", or nothing' })
  .optional()
  .describe(
    "split: requests that give something (a body, a method that changes something, a WebSocket) go over channels of their own, authenticated by themselves.",
  );

const address = z.union([z.ipv4(), z.ipv6()], { error: "an IPv4 or IPv6 address" });

const proxy = z
  .string({ error: "a proxy as host:port" })
  .refine((value) => readProxy(value) !== undefined, { error: "a proxy as host:port, e.g. proxy.bank.example:3128" })
  .describe("An HTTP proxy (host:port) by which these channels are opened, instead of the system's.");

export const secondPath = object({
  proxy: proxy.optional(),
  addresses: addresses.describe("Dialled by these channels instead of the site's addresses; none of them is one."),
  localAddress: address.optional().describe("Address of this computer that these channels are opened from."),
})
  .optional()
  .describe("By which network path the channels go that carry what the user gives; only with channels split.");

/** What the profile says of a site's channels. */
export interface ChannelsOfSite {
  readonly channels?: "split" | undefined;
  readonly addresses?: readonly string[] | undefined;
  readonly secondPath?:
    | {
        readonly proxy?: string | undefined;
        readonly addresses?: readonly string[] | undefined;
        readonly localAddress?: string | undefined;
      }
    | undefined;
}

interface ChannelsFault {
  readonly path: readonly (string | number)[];
  readonly expected: string;
}

/** What no single value can show: a second path that nothing goes by, or that is none. */
export function channelsFaults({ channels: split, addresses: first, secondPath: second }: ChannelsOfSite) {
  const faults: ChannelsFault[] = [];
  if (second === undefined) return faults;
  const fault = (path: ChannelsFault["path"], expected: string) =>
    faults.push({ path: ["secondPath", ...path], expected });
  if (split === undefined) fault([], 'a second path only with "channels": "split"');
  if (Object.values(second).every((value) => value === undefined)) fault([], "a proxy, addresses or a localAddress");
  if (second.proxy !== undefined && second.addresses !== undefined) fault(["addresses"], "no addresses with a proxy");
  for (const [index, each] of (second.addresses ?? []).entries()) {
    if (first?.includes(each)) fault(["addresses", index], "an address that is not one of the site's");
  }
  const { localAddress } = second;
  const dialled = second.addresses ?? (second.proxy === undefined ? first : undefined);
  if (localAddress !== undefined && dialled?.every((each) => family(each) !== family(localAddress))) {
    fault(["localAddress"], "an address of the same family as one of those dialled");
  }
  return faults;
}

const family = (each: string): 4 | 6 => (each.includes(":") ? 6 : 4);

/** How what the user gives travels; undefined where the site does not split its channels. */
export function givingPath({ channels: split, secondPath: second }: ChannelsOfSite): NetworkPath | undefined {
  if (split === undefined) return undefined;
  const { addresses: dialled, localAddress } = second ?? {};
  const by = second?.proxy === undefined ? undefined : readProxy(second.proxy);
  return {
    ...(by === undefined ? {} : { proxy: by }),
    ...(dialled === undefined ? {} : { addresses: dialled }),
    ...(localAddress === undefined ? {} : { localAddress }),
  };
}

function readProxy(text: string): NetworkPath["proxy"] {
  const port = Number(/^[^/?#@\\\s]+:(\d{1,5})$/.exec(text)?.[1]);
  if (!(port > 0 && port < 65_536) || !URL.canParse(`http://${text}/`)) return undefined;
  return { host: new URL(`http://${text}/`).hostname.replace(/^\[(.*)\]$/, "$1"), port };
}
