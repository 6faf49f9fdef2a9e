/** The client's Kerberos process on Heimdal, for machines that have both libraries. */
import { openGssapi } from "../../app/auth/gss/gssapi.ts";
import { GssServer, serveParent } from "../../app/auth/gss/serve.ts";

export const HEIMDAL = "libgssapi.so.3";

serveParent(new GssServer(() => openGssapi([HEIMDAL])));
