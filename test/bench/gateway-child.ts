/** A gateway in a process of its own, as the app's main process is beside its pages. */
import { createSiteGateway } from "../../app/gateway/site-gateway.ts";
import { answer, inputOf } from "./child-side.ts";
import type { PortalFacts } from "./portal.ts";
import { assemble } from "./product.ts";

export interface GatewayFacts {
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

const { profile, site, opener } = assemble(await inputOf<PortalFacts>());
const { port, credentials } = await createSiteGateway({ profile, site, opener });
answer({ port, username: credentials.username, password: credentials.password } satisfies GatewayFacts);
