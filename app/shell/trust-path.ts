/** The parts of the trust path, put together once when the first of them is needed. */
import { authenticators } from "../auth/authenticators.ts";
import type { GssCredential } from "../auth/gss/port.ts";
import { createGssPort } from "../auth/gss/worker-pool.ts";
import { createImpostorWatch } from "../auth/impostor-watch.ts";
import { createOpener } from "../auth/opener.ts";
import type { HostileLookup } from "../core/hostile-lookup.ts";
import type { ListSource } from "../core/hostile-source.ts";
import type { ImpostorMemory } from "../core/impostor.ts";
import type { Profile, Site } from "../core/profile.ts";
import { allExpectations } from "../core/sites.ts";
import { createDialer } from "../gateway/dialer.ts";
import type { SiteGateway } from "../gateway/gateway.ts";
import { createSiteGateway } from "../gateway/site-gateway.ts";
import type { List } from "../hostile/lists.ts";
import type { Keystore } from "../keystore/identity.ts";
import { createKeystore } from "../keystore/keystore.ts";
import { createKeytarKeychain } from "../keystore/keytar-keychain.ts";
import { keystoreService } from "../keystore/service.ts";
import { createWriterLock } from "../keystore/writer-lock.ts";
import { spawnGssWorker } from "./gss-worker.ts";
import { listSource } from "./list-source.ts";
import { systemProxy } from "./system-proxy.ts";

export interface TrustPath {
  readonly keystore: Keystore;
  /** The user's sign-in to the network. @throws Refusal `kerberos.*` */
  credential(): Promise<GssCredential>;
  startGateway(profile: Profile, site: Site, hostile: HostileLookup): Promise<SiteGateway>;
  /** Where a list outside the profile comes from. */
  listSource(list: List): ListSource;
}

export function createTrustPath(parts: { readonly demo: boolean; readonly impostors: ImpostorMemory }): TrustPath {
  const { demo, impostors } = parts;
  const service = keystoreService(demo);
  const keystore = createKeystore(createKeytarKeychain(service), Date.now, { lock: createWriterLock(service) });
  let current: Profile | undefined;
  const gss = createGssPort({ spawn: spawnGssWorker });
  const opener = createOpener({
    dialer: createDialer({ proxyFor: systemProxy }),
    authenticators: authenticators({ keystore, gss }),
    gss,
    clock: Date.now,
    impostors: createImpostorWatch({
      memory: impostors,
      listed: () => (current === undefined ? [] : allExpectations(current)),
    }),
  });
  return {
    keystore,
    credential: () => gss.credential(),
    startGateway: (profile, site, hostile) => {
      current = profile;
      return createSiteGateway({ profile, site, opener, hostile });
    },
    listSource: (list) => listSource(list, opener),
  };
}
