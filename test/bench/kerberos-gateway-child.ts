/** The gateway of a Kerberos site in a process of its own. */
import { createSiteGateway } from "../../app/gateway/site-gateway.ts";
import { answer, inputOf } from "./child-side.ts";
import type { GatewayFacts } from "./gateway-child.ts";
import type { KerberosFacts } from "./kerberos-portal.ts";
import { assembleKerberos } from "./kerberos-product.ts";

const { profile, site, opener } = assembleKerberos(await inputOf<KerberosFacts>());
const { port, credentials } = await createSiteGateway({ profile, site, opener });
answer({ port, username: credentials.username, password: credentials.password } satisfies GatewayFacts);
