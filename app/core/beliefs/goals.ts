import type { ChannelExpectation } from "../expectation.ts";
import { believes, datum, type Formula } from "./formula.ts";
import { isService } from "./kerberos.ts";
import { C, channelKey, S } from "./vocabulary.ts";

/** What is to be believed about the channel's key before a byte of a page may pass (BAN §3). */
export interface Goal {
  readonly name: "channel" | "server" | "service" | "client";
  readonly formula: Formula;
  readonly sentence: string;
}

export interface Goals {
  readonly required: readonly [Goal, ...Goal[]];
  readonly notRequired: readonly { readonly goal: Goal; readonly why: string }[];
}

/** The goals for this kind of site. A goal that is not required is never derived, whatever the evidence. */
export function goalsFor(to: ChannelExpectation): Goals {
  const { channel, server, client } = goalsOfChannel(to);
  const { service, lookup } = to.server;
  if (service !== undefined || lookup !== undefined) {
    const named = serviceGoal(to, service?.principal ?? "that the directory names");
    return { required: [channel, server, named, client], notRequired: readable(to, channel) };
  }
  if (to.client.method === "form") {
    return {
      required: [channel, server],
      notRequired: [{ goal: client, why: "The user proves themselves with the site's own form, after this verdict." }],
    };
  }
  if (to.role !== "site" && to.client.method === "none") {
    return {
      required: [channel, server],
      notRequired: [{ goal: client, why: "This host is only read from and is never told who the user is." }],
    };
  }
  return { required: [channel, server, client], notRequired: [] };
}

/** Where IT lets a service sign only: that nobody else can read what passes is not believed, and said. */
function readable(to: ChannelExpectation, { name }: Goal): Goals["notRequired"] {
  if (to.transport?.protection !== "integrity") return [];
  const sentence = "This client believes that nobody else can read the messages of this channel.";
  const formula = believes(C, datum("confidential", [to.channel], "nobody else can read the messages of this channel"));
  const why = "The profile lets this service sign its messages without encrypting them (protection).";
  return [{ goal: { name, formula, sentence }, why }];
}

function serviceGoal(to: ChannelExpectation, principal: string): Goal {
  return {
    name: "service",
    formula: believes(C, believes(S, isService(to, principal))),
    sentence: `This client believes that the service at the other end of this channel is ${principal}.`,
  };
}

function goalsOfChannel(to: ChannelExpectation): Readonly<Record<Exclude<Goal["name"], "service">, Goal>> {
  const key = channelKey(to);
  return {
    channel: {
      name: "channel",
      formula: believes(C, key),
      sentence: `This client believes that only it and the server of ${to.host} know the key of this channel.`,
    },
    server: {
      name: "server",
      formula: believes(C, believes(S, key)),
      sentence: `This client believes that the server of ${to.host} believes so too.`,
    },
    client: {
      name: "client",
      formula: believes(C, believes(S, believes(C, key))),
      sentence: `This client believes that the server of ${to.host} has authenticated it at the other end of this channel.`,
    },
  };
}
