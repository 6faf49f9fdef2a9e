import type { Pin } from "../../../app/core/evidence.ts";
import type { ReasonCode } from "../../../app/core/reasons.ts";
import type { ConnectionRecord } from "../recorder.ts";
import type { Scene } from "../scene.ts";

/** What opening a channel ends with. */
export type Result = "authenticated" | ReasonCode;

/**
 * What the server may have got when everything is over.
 * - `nothing`: no connection at all
 * - `client-hello`: the ClientHello, and at most an alert
 * - `anonymous-handshake`: also the rest of a handshake that says nothing of the user; no application octet
 * - `handshake`: also the client's certificate, after the server's own proof; no application octet
 * - `probe`: also one bodiless probe that names nothing but the origin
 */
export type MayReceive = "nothing" | "client-hello" | "anonymous-handshake" | "handshake" | "probe";

/** What a server got, by its own account and by that of the recorder in front of it. */
export interface ServerRecord {
  readonly connections: readonly ConnectionRecord[];
  /** Decrypted application octets, latin1, one entry for each connection that had any. */
  readonly application: readonly string[];
  /** Fingerprints of the certificates that clients presented. */
  readonly clientCertificates: readonly string[];
  /** Sessions that a client resumed. */
  readonly resumed: number;
}

export interface StartedServer {
  /** Where the client is to dial. */
  readonly port: number;
  /** Default `bank.example`. */
  readonly host?: string;
  /** Addresses of the profile; `null` for none, so that DNS is asked. Default `127.0.0.1`. */
  readonly addresses?: readonly string[] | null;
  readonly server: { readonly pins: readonly Pin[] /** PEM */; readonly anchors: readonly string[] };
  readonly probe?: string;
  /** `form` for a site whose own form proves the user. Default `certificate`. */
  readonly method?: "certificate" | "form";
  /** The user's identity, PEM; `null` for none. Default the scene's. */
  readonly identity?: { readonly chainPem: string; readonly keyPem: string } | null;
  /** Once every client has closed its connection. */
  record(): Promise<ServerRecord>;
  /** Before the next connection of a row that opens several, or after the verdict of one with `after`. */
  next?(): Promise<void> | void;
  stop(): Promise<void>;
}

export interface Row {
  /** Kebab case; names the fault. */
  readonly id: string;
  /** What is wrong, or for a control what is right, in one sentence. */
  readonly what: string;
  /** Several when the row opens several channels one after the other; the earlier ones stay open. */
  readonly expect: Result | readonly Result[] | { readonly openssl: Result; readonly boringssl: Result };
  /** Code that the first channel ends with after its verdict, once `next` has been called. */
  readonly after?: ReasonCode;
  readonly mayReceive: MayReceive;
  start(scene: Scene): Promise<StartedServer>;
}
