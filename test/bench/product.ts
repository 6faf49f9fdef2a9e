/** The product's own parts, put together as the app does, for child processes of the bench. */
import { certificateAuthenticator } from "../../app/auth/certificate.ts";
import type { ChannelOpener } from "../../app/auth/channel.ts";
import { createOpener } from "../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../app/auth/server-certificate.ts";
import type { Expectation } from "../../app/core/expectation.ts";
import { type Profile, parseProfile, type Site } from "../../app/core/profile.ts";
import { expectationFor } from "../../app/core/sites.ts";
import { createDialer } from "../../app/gateway/dialer.ts";
import { readAnchor } from "../../app/profile/anchor-reader.ts";
import { keystoreWith } from "../realm/keystore.ts";
import { CLIENT_ISSUER } from "../realm/scene.ts";
import type { PortalFacts } from "./portal.ts";

export interface Product {
  readonly profile: Profile;
  readonly site: Site;
  readonly expectation: Expectation;
  readonly opener: ChannelOpener;
}

export function assemble(portal: PortalFacts): Product {
  const parsed = parseProfile(portal.profile, readAnchor);
  if (!parsed.ok) {
    throw new Error(`the bench's profile is wrong: ${JSON.stringify(parsed.problems)}`);
  }
  const [site] = parsed.profile.sites;
  const expectation = site && expectationFor(site, portal.origin);
  if (site === undefined || expectation === undefined) {
    throw new Error("the bench's profile has one site with one origin");
  }
  // The real keystore keeps decoded keys too; this one would decode them for every channel.
  const { select } = keystoreWith(portal.identity);
  const selected = select(CLIENT_ISSUER, Date.now());
  const opener = createOpener({
    dialer: createDialer(),
    authenticators: [
      serverCertificateAuthenticator(),
      certificateAuthenticator({ keystore: { select: () => selected } }),
    ],
    clock: Date.now,
  });
  return { profile: parsed.profile, site, expectation, opener };
}
