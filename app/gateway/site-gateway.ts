import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { Channel, ChannelOpener } from "../auth/channel.ts";
import { factsOf } from "../auth/channel-refusal.ts";
import type { Expectation } from "../core/expectation.ts";
import { type HostileLookup, NO_LISTS } from "../core/hostile-lookup.ts";
import type { Profile, Site } from "../core/profile.ts";
import { pageRules } from "../core/profile-pages.ts";
import type { ReasonCode } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import { expectationFor } from "../core/sites.ts";
import { admitTunnel, admitUrl } from "./admission.ts";
import { createCredentials } from "./credentials.ts";
import type { GatewayEvents, Outcome, SiteGateway } from "./gateway.ts";
import { defaultLimits, type GatewayLimits } from "./limits.ts";
import { createListener } from "./listener.ts";
import { pageCertificate } from "./page-certificate.ts";
import { createPageServer } from "./page-server.ts";
import { createPool, type Pool } from "./pool.ts";
import { asRefusal, dispatch, gives, type Relay, type RelayContext } from "./relay.ts";
import { formReports, formRules } from "./relay-forms.ts";
import { httpRelay } from "./relay-http.ts";
import { upgradeRelay } from "./relay-upgrade.ts";

export interface SiteGatewayOptions {
  readonly profile: Profile;
  readonly site: Site;
  readonly opener: ChannelOpener;
  /** The lists of hostile addresses outside the profile; none when absent. */
  readonly hostile?: HostileLookup;
  readonly limits?: Partial<GatewayLimits>;
  /** What moves the pages' traffic, the first that accepts a request first; HTTP and WebSocket when absent. */
  readonly relays?: readonly Relay[];
}

/** Refusals kept for `refusalOf`; the oldest give way. */
const REMEMBERED_REFUSALS = 256;

/** What an attempt says that was made with a ticket on its last second. */
const EXPIRED: ReadonlySet<ReasonCode> = new Set(["kerberos.ticket-expired", "verdict.lapsed"]);
/** Milliseconds, and a little more. */
const SECOND = 1_100;

/** Opens the listener of one site's session (design §1). It opens no channel before it is asked to. */
export async function createSiteGateway(options: SiteGatewayOptions): Promise<SiteGateway> {
  const { profile, site, opener, hostile = NO_LISTS } = options;
  const limits: GatewayLimits = { ...defaultLimits, ...options.limits };
  const forms = formRules(site.origins, pageRules(site).print === "deny");
  const relays = [formReports(forms), ...(options.relays ?? [upgradeRelay, httpRelay])];
  const certificate = pageCertificate();
  const credentials = createCredentials();
  const events = new EventEmitter();
  const pools = new Map<string, Pool>();
  const tunnels = new Set<Socket>();
  const refusals = new Map<string, Refusal>();
  const renewals = new Map<string, Promise<Outcome>>();
  let closed = false;

  const report = (host: string, refusal: Refusal, url?: string) => {
    refusals.delete(host);
    refusals.set(host, refusal);
    for (const oldest of refusals.keys()) if (refusals.size > REMEMBERED_REFUSALS) refusals.delete(oldest);
    events.emit("refused", { host, refusal, ...(url === undefined ? {} : { url }) });
  };

  const poolOf = (to: Expectation): Pool => {
    const existing = pools.get(to.origin);
    if (existing !== undefined) return existing;
    const pool = createPool(to, opener, limits.channels, {
      authenticated(channel) {
        refusals.delete(hostOf(to));
        events.emit("authenticated", { origin: to.origin, channel });
      },
      lapsed(refusal) {
        // A subresource never had the user's identity: its channels end alone.
        if (to.role === "site") lapse(refusal);
        else endPool(to.origin, refusal);
      },
      expired(refusal) {
        if (to.role === "site") void renew(to, false);
        else endPool(to.origin, refusal);
      },
    });
    pools.set(to.origin, pool);
    return pool;
  };

  const endPool = (origin: string, why: Refusal | undefined) => {
    const pool = pools.get(origin);
    pools.delete(origin);
    pool?.destroy(why);
  };

  const lapse = (why: Refusal) => {
    const open = [...tunnels];
    tunnels.clear();
    for (const tunnel of open) tunnel.destroy();
    for (const origin of [...pools.keys()]) endPool(origin, why);
    events.emit("lapsed", { refusal: why });
  };

  const outcomeOf = async (proving: Promise<Channel>): Promise<Outcome> => {
    try {
      return { kind: "authenticated", channel: await proving };
    } catch (error) {
      return { kind: "refused", refusal: asRefusal(error) };
    }
  };

  const attempt = async (to: Expectation, early: boolean): Promise<Outcome> => {
    let outcome = await outcomeOf(poolOf(to).renew());
    if (early || outcome.kind === "authenticated") return outcome;
    if (EXPIRED.has(outcome.refusal.code)) {
      // Tickets end with a second of the clock, and the one that has just ended is still offered within it.
      await new Promise((resolve) => setTimeout(resolve, SECOND));
      outcome = await outcomeOf(poolOf(to).renew());
    }
    if (outcome.kind === "refused" && !closed) lapse(outcome.refusal);
    return outcome;
  };

  /** One attempt at a time; one that begins early is not good enough once the proofs have run out. */
  const renew = (to: Expectation, early: boolean): Promise<Outcome> => {
    const key = `${early} ${to.origin}`;
    if (!early) events.emit("expired", { origin: to.origin });
    const underWay = renewals.get(key) ?? attempt(to, early).finally(() => renewals.delete(key));
    renewals.set(key, underWay);
    return underWay;
  };

  const contextOf = (to: Expectation): RelayContext => ({
    to,
    limits,
    queryAllowed: site.subresources.some(({ origin, query }) => origin === to.origin && query),
    lease: (request, signal, fresh) => poolOf(to).lease(signal, fresh, gives(request)),
    admitUrl: (url) => admitUrl(profile, url, hostile),
    forms,
    refused: (refusal, url) => report(hostOf(to), refusal, withoutQuery(url)),
  });

  const pageServer = createPageServer(certificate, limits);

  const open = (to: Expectation, tunnel: Socket, answer: (status: number) => void) => {
    const context = contextOf(to);
    answer(200);
    pageServer.accept(tunnel, {
      exchange: (exchange) => dispatch(exchange, relays, context),
      upgrade: (exchange) => dispatch(exchange, relays, context),
      malformed: (refusal) => report(hostOf(to), refusal),
    });
  };

  /** Nothing but the name has come from the page so far, and nothing else is accepted before the verdict. */
  const connect = async (target: string, tunnel: Socket, answer: (status: number) => void) => {
    const gone = new AbortController();
    tunnels.add(tunnel);
    tunnel.once("close", () => {
      tunnels.delete(tunnel);
      gone.abort(new Refusal("verdict.cancelled", { value: target, fault: "the page has closed its tunnel" }));
    });
    try {
      const to = admitTunnel(profile, site, target, hostile);
      await poolOf(to).prove(gone.signal);
      if (tunnels.has(tunnel)) open(to, tunnel, answer);
    } catch (error) {
      const refusal = asRefusal(error);
      if (gone.signal.aborted) return;
      report(target.toLowerCase(), refusal);
      answer(statusOf(refusal));
    }
  };

  const listener = await createListener({
    credentials,
    limits,
    onConnect: (target, tunnel, answer) => void connect(target, tunnel, answer),
    // Not kept for refusalOf: what strangers ask for must not stand for what the site's own session asked.
    onRefused: (host, refusal) => events.emit("refused", { host, refusal }),
  });

  return {
    site: site.id,
    port: listener.port,
    credentials,
    certificateFingerprint: certificate.fingerprint,
    certificate: certificate.pem,
    async prove(origin, signal): Promise<Outcome> {
      const to = expectationFor(site, origin);
      try {
        admitUrl(profile, new URL(origin), hostile);
        if (to === undefined || closed) throw unlisted(origin, site);
        return { kind: "authenticated", channel: await poolOf(to).prove(signal) };
      } catch (error) {
        const refusal = asRefusal(error);
        if (refusal.code !== "verdict.cancelled") report(to === undefined ? origin : hostOf(to), refusal);
        const facts = factsOf(error);
        return { kind: "refused", refusal, ...(facts === undefined ? {} : { facts }) };
      }
    },
    async renew(origin, early): Promise<Outcome> {
      const to = expectationFor(site, origin);
      if (to === undefined || closed) return { kind: "refused", refusal: unlisted(origin, site) };
      // Another that waited for the same end was there before.
      if (!early && poolOf(to).proven) return outcomeOf(poolOf(to).prove());
      return renew(to, early);
    },
    refusalOf: (host) => refusals.get(host.toLowerCase()),
    lapse,
    on: <E extends keyof GatewayEvents>(event: E, handler: GatewayEvents[E]) => void events.on(event, handler),
    async close() {
      closed = true;
      for (const tunnel of [...tunnels]) tunnel.destroy();
      for (const origin of [...pools.keys()]) endPool(origin, undefined);
      pageServer.close();
      await listener.close();
    },
  };
}

const hostOf = ({ host, port }: Expectation): string => `${host}:${port}`;

/** A hostile or unlisted host is not the proxy's failure; everything else stands between us and the server. */
function statusOf({ code }: Refusal): number {
  if (code === "gateway.request") return 400;
  return /^(?:site|hostile)\./.test(code) ? 403 : 502;
}

/** Queries hold what people have typed: they stay out of events and logs. */
const withoutQuery = (url: string): string => url.split(/[?#]/, 1)[0] ?? url;

function unlisted(origin: string, site: Site): Refusal {
  return new Refusal("site.unlisted", {
    value: origin,
    fault: `${origin} is not part of the site ${site.id}`,
    expected: "one of the site's origins or declared subresources",
  });
}
