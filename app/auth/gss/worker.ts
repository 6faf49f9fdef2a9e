/** Entry of the process that calls the system's Kerberos library, as a utility process or a forked Node. */
import { openKerberos } from "./library.ts";
import { GssServer, serveParent } from "./serve.ts";

serveParent(new GssServer(openKerberos));
