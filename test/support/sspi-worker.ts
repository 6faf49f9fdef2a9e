/** The client's Kerberos process with its code for Windows, on the library that stands in for secur32.dll. */
import { GssServer, serveParent } from "../../app/auth/gss/serve.ts";
import { openSspi } from "../../app/auth/gss/sspi.ts";

const { SECUR32 = "" } = process.env;

serveParent(new GssServer(() => openSspi([SECUR32])));
