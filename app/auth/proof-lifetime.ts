/** Proofs made in a handshake count for this long, milliseconds: no channel outlives a working day and its night. */
export const PROOF_LIFETIME = 24 * 3_600_000;
