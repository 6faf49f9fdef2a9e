import type { Evidence } from "../core/evidence.ts";
import type { ChannelExpectation } from "../core/expectation.ts";
import { Refusal } from "../core/refusal.ts";
import type { ServerFlight } from "./authenticator.ts";
import { certificateFacts } from "./certificate-facts.ts";
import { PROOF_LIFETIME } from "./proof-lifetime.ts";

/** What a finished handshake shows: the library has verified the server's signature and its Finished. */
export function handshakeEvidence(server: ServerFlight, to: ChannelExpectation, at: number): readonly Evidence[] {
  const [leaf] = server.certificates;
  if (leaf === undefined) throw new Refusal("server.possession", { fault: "the server showed no certificate" });
  const { pin, fingerprint } = certificateFacts(leaf);
  const { channel, site, origin } = to;
  const about = { channel, site, origin, at, expires: at + PROOF_LIFETIME };
  const { protocol, cipher, transcript } = server;
  return [
    { kind: "channel.key-agreement", ...about, protocol, cipher, transcript },
    {
      kind: "server.possession",
      ...about,
      key: pin,
      certificate: fingerprint,
      message: protocol === "TLSv1.3" ? "CertificateVerify" : "ServerKeyExchange",
      transcript,
    },
  ];
}
