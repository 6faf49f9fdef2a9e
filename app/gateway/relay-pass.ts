import type { RequestOptions } from "node:http";
import type { RequestPass } from "../auth/channel.ts";
import type { Lease } from "./pool.ts";

/** What this request needs beyond the channel's verdict, if anything. The channel goes back unused when it fails. */
export async function passFor({ channel, release }: Lease): Promise<RequestPass | undefined> {
  try {
    return await channel.guard?.pass();
  } catch (error) {
    release(true);
    throw error;
  }
}

/** The request with its token in place of whatever the page put there. */
export function withPass(options: RequestOptions, pass: RequestPass | undefined): RequestOptions {
  if (pass === undefined) return options;
  const others = Object.entries(options.headers ?? {}).filter(([name]) => name.toLowerCase() !== "authorization");
  return { ...options, headers: { ...Object.fromEntries(others), Authorization: pass.authorization } };
}
