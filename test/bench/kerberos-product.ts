/** The product's parts for Kerberos, put together as the app does, for child processes of the bench. */
import { fork } from "node:child_process";
import type { GssPort } from "../../app/auth/gss/port.ts";
import type { GssReply } from "../../app/auth/gss/protocol.ts";
import { createGssPort } from "../../app/auth/gss/worker-pool.ts";
import { negotiateAuthenticator } from "../../app/auth/negotiate.ts";
import { createOpener } from "../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../app/auth/server-certificate.ts";
import { parseProfile } from "../../app/core/profile.ts";
import { expectationFor } from "../../app/core/sites.ts";
import { createDialer } from "../../app/gateway/dialer.ts";
import { readAnchor } from "../../app/profile/anchor-reader.ts";
import type { KerberosFacts } from "./kerberos-portal.ts";
import type { Product } from "./product.ts";

export function assembleKerberos(facts: Omit<KerberosFacts, "rootPem">): Product {
  const parsed = parseProfile(facts.profile, readAnchor);
  if (!parsed.ok) throw new Error(`the bench's profile is wrong: ${JSON.stringify(parsed.problems)}`);
  const [site] = parsed.profile.sites;
  const expectation = site && expectationFor(site, facts.origin);
  if (site === undefined || expectation === undefined) {
    throw new Error("the bench's profile has one site with one origin");
  }
  const gss = gssPort(facts);
  const opener = createOpener({
    dialer: createDialer(),
    authenticators: [serverCertificateAuthenticator(), negotiateAuthenticator({ gss })],
    gss,
    clock: Date.now,
  });
  return { profile: parsed.profile, site, expectation, opener };
}

/** The library in a process of its own, which here is forked; the app has Electron's utility process. */
function gssPort({ worker, env }: Pick<KerberosFacts, "worker" | "env">): GssPort {
  return createGssPort({
    spawn: () => {
      const child = fork(worker, { env: { ...process.env, ...env }, serialization: "advanced" });
      return {
        post: (request) => child.send(request),
        onReply: (listener) => child.on("message", (reply) => listener(reply as GssReply)),
        onExit: (listener) => child.once("exit", listener),
        kill: () => child.kill("SIGKILL"),
      };
    },
  });
}
