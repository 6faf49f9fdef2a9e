import type { ReasonCode } from "../../../app/core/reasons.ts";
import type { Certificate } from "../certificates.ts";
import { type AcceptorOptions, startAcceptor } from "./acceptor.ts";
import { startApache } from "./apache.ts";
import type { Kdc } from "./kdc.ts";
import { startRelayingImpostor } from "./relay.ts";

/** What the rows are played with. */
export interface KerberosStage {
  readonly kdc: Kdc;
  readonly service: string;
  readonly principal: string;
  /** Another service of the realm, with a key of its own. */
  readonly otherService: string;
  /** The pinned certificate. */
  readonly genuine: Certificate;
  /** For the same name, with another key. */
  readonly other: Certificate;
}

export interface PlayedImpostor {
  readonly port: number;
  /** Heads of the requests that came to the one that the client spoke to, as `METHOD path`. */
  requests(): readonly string[];
  /** Content octets and header fields beyond what a priming request has, in words; empty is as it must be. */
  excess(): readonly string[];
  /** Whom a genuine server let in. */
  letIn(): readonly string[];
  /** Resolves when all that has been answered is on record. */
  settled(): Promise<void>;
  /** Faults of the impostor's own program. */
  broken(): readonly string[];
  stop(): Promise<void>;
}

export interface KerberosRow {
  readonly id: string;
  readonly what: string;
  readonly expect: "authenticated" | ReasonCode;
  /** Neither pin nor anchor: the profile states that the acceptor enforces bindings. */
  readonly enforced?: true;
  /** With neither, and without that statement: no valid profile says so. */
  readonly unrecognised?: true;
  /** Requests that the server may get before the refusal. */
  readonly mayReceive: "nothing" | "priming";
  /** Whether a server that holds the service's key knows the user in the end. Default: no. */
  readonly letsIn?: true;
  play(stage: KerberosStage): Promise<PlayedImpostor>;
}

const PRIMING_FIELDS = new Set(["host", "connection", "authorization"]);

async function playAcceptor(stage: KerberosStage, change: Partial<AcceptorOptions> = {}): Promise<PlayedImpostor> {
  const acceptor = await startAcceptor({
    certificate: stage.genuine,
    keytab: stage.kdc.keytab([stage.service]),
    env: stage.kdc.env,
    ...change,
  });
  return {
    port: acceptor.port,
    requests: () => acceptor.requests().map(({ request }) => request),
    excess: () =>
      acceptor
        .requests()
        .flatMap(({ body, names }) => [
          ...(body === 0 ? [] : [`${body} octets of content`]),
          ...names.filter((name) => !PRIMING_FIELDS.has(name)),
        ]),
    letIn: () => acceptor.requests().flatMap(({ accepted }) => (typeof accepted === "string" ? [accepted] : [])),
    settled: () => acceptor.settled(),
    broken: () => acceptor.broken(),
    stop: () => acceptor.stop(),
  };
}

/** The service itself, with one fault in its answer. It knows the user, since the ticket is genuine. */
const withFault = (
  fault: string,
  what: string,
  expect: ReasonCode,
  change: Partial<AcceptorOptions> = {},
): KerberosRow => ({
  id: fault,
  what,
  expect,
  mayReceive: "priming",
  letsIn: true,
  play: (stage) => playAcceptor(stage, { fault, ...change }),
});

/** Somebody in front of a genuine server that ignores bindings, or one that enforces them. */
async function playRelay(stage: KerberosStage, enforces: boolean): Promise<PlayedImpostor> {
  const { kdc, service } = stage;
  const server = { certificate: stage.genuine, keytab: kdc.keytab([service]), env: kdc.env };
  const genuine = enforces
    ? await startAcceptor({ ...server, enforces })
    : await startApache({ ...server, mode: "connection" });
  const impostor = await startRelayingImpostor(stage.other, genuine.port);
  const heads = () => impostor.received().split("\r\n\r\n").slice(0, -1);
  return {
    port: impostor.port,
    requests: () => heads().map((head) => head.split(" ").slice(0, 2).join(" ")),
    excess: () =>
      heads().flatMap((head) =>
        head
          .split("\r\n")
          .slice(1)
          .map((line) => line.split(":")[0]?.toLowerCase() ?? "")
          .filter((name) => !PRIMING_FIELDS.has(name)),
      ),
    letIn: () =>
      genuine
        .requests()
        .map((request) =>
          "accepted" in request ? (request.accepted ?? "-") : "user" in request ? (request.user ?? "-") : "-",
        )
        .filter((user) => user !== "-" && user !== ""),
    settled: async () => {
      if ("settled" in genuine) await genuine.settled();
    },
    broken: () => [],
    stop: async () => {
      await impostor.stop();
      await genuine.stop();
    },
  };
}

/** Each row is wrong in one way; "control" rows are right in all. */
export const kerberosImpostors: readonly KerberosRow[] = [
  {
    id: "control",
    what: "the service itself, which enforces channel bindings, behind the pinned key",
    expect: "authenticated",
    mayReceive: "priming",
    letsIn: true,
    play: (stage) => playAcceptor(stage),
  },
  {
    id: "control-each-request",
    what: "the service itself, which authenticates each request",
    expect: "authenticated",
    mayReceive: "priming",
    letsIn: true,
    play: (stage) => playAcceptor(stage, { mode: "request" }),
  },
  {
    id: "control-enforced",
    what: "the service itself, by its channel binding alone",
    expect: "authenticated",
    enforced: true,
    mayReceive: "priming",
    letsIn: true,
    play: (stage) => playAcceptor(stage),
  },
  {
    id: "control-enforced-new-key",
    what: "the service itself with a new TLS key, by its channel binding alone",
    expect: "authenticated",
    enforced: true,
    mayReceive: "priming",
    letsIn: true,
    play: (stage) => playAcceptor(stage, { certificate: stage.other }),
  },
  {
    id: "relay-to-a-server-that-ignores-bindings",
    what: "another key in front of the genuine server: recognised by the pin before a token is made",
    expect: "server.pin-mismatch",
    mayReceive: "nothing",
    play: (stage) => playRelay(stage, false),
  },
  {
    id: "relay-to-a-server-that-enforces-bindings",
    what: "another key in front of the genuine server, which sees that the token is bound to another certificate",
    expect: "client.rejected",
    enforced: true,
    mayReceive: "priming",
    play: (stage) => playRelay(stage, true),
  },
  {
    id: "relay-with-neither-pin-nor-statement",
    what: "another key in front of the genuine server, with an expectation that nothing could hold against",
    expect: "server.pin-mismatch",
    unrecognised: true,
    mayReceive: "nothing",
    play: (stage) => playRelay(stage, false),
  },
  {
    id: "control-relay-works",
    what: "the relay is no dummy: where IT states falsely that bindings are enforced, it gets through",
    expect: "authenticated",
    enforced: true,
    mayReceive: "priming",
    letsIn: true,
    play: (stage) => playRelay(stage, false),
  },
  {
    id: "public-certificate-no-keytab-behind-pin",
    what: "a certificate for the name and no keytab: recognised by the pin before a token is made",
    expect: "server.pin-mismatch",
    mayReceive: "nothing",
    play: (stage) => playAcceptor(stage, { certificate: stage.other, fault: "impostor-without-key" }),
  },
  {
    id: "public-certificate-no-keytab-enforced",
    what: "a certificate for the name, and an AP-REP that is made up",
    expect: "server.token-invalid",
    enforced: true,
    mayReceive: "priming",
    play: (stage) => playAcceptor(stage, { certificate: stage.other, fault: "impostor-without-key" }),
  },
  {
    id: "pinned-key-no-keytab",
    what: "the pinned TLS key in wrong hands that have no keytab: an AP-REP that is made up",
    expect: "server.token-invalid",
    mayReceive: "priming",
    play: (stage) => playAcceptor(stage, { fault: "impostor-without-key" }),
  },
  {
    id: "key-of-another-service",
    what: "the key of another service of the same realm",
    expect: "server.keytab",
    mayReceive: "priming",
    play: (stage) => playAcceptor(stage, { keytab: stage.kdc.keytab([stage.otherService]) }),
  },
  withFault("silent", "200 without looking at the token", "server.no-mutual-token", {}),
  withFault("strip", "200 without the server's token", "server.no-mutual-token"),
  withFault("empty", "200 with an empty challenge", "server.no-mutual-token"),
  withFault("other-scheme", "its token under another scheme", "server.no-mutual-token"),
  withFault("authentication-info", "its token in another field", "server.no-mutual-token"),
  {
    id: "swap",
    what: "a genuine token that answers another exchange",
    expect: "server.token-invalid",
    mayReceive: "priming",
    letsIn: true,
    play: (stage) => {
      const cache = stage.kdc.login("eve");
      return playAcceptor(stage, { fault: "swap", cache, principal: stage.principal });
    },
  },
  withFault("echo", "our own token sent back", "server.token-invalid"),
  withFault("truncate", "its token without the last octets", "server.token-invalid"),
  withFault("raw-zero", "zeros of the right length", "server.token-invalid"),
  withFault("long", "a length that promises more than there is", "server.token-invalid"),
  withFault("not-base64", "its token with a character that is none of base64", "server.token-invalid"),
  withFault("several", "its token twice", "server.token-invalid"),
  withFault("list", "its token and another scheme in one field", "server.token-invalid"),
  withFault("oversize", "a header field of 30 kB", "server.protocol"),
  withFault("ntlm", "an NTLM challenge", "server.mechanism"),
  withFault("reject", "401 after our token", "client.rejected"),
  withFault("challenge-again", "401 with its token: a second challenge", "client.rejected"),
  withFault("forbidden", "403 with its token", "client.rejected"),
];
