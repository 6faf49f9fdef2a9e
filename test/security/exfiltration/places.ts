/** Who is where in the network of the exfiltration matrix. */

export const BANK = { host: "bank.scene.test", address: "192.0.2.10" } as const;
/** The far end of the cable, which is also the name server. */
export const GATEWAY_ADDRESS = "10.77.0.2";

/** Something that reached a server. */
export interface Arrival {
  readonly to: "bank" | "attacker";
  /** Method, host and target; or the protocol. */
  readonly line: string;
  readonly content: string;
}
