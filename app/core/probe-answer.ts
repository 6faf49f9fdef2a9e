/**
 * Statuses by which a server says that it has not taken up a request: 408, which some write to a connection that has been
 * idle, unasked (RFC 9110 §15.5.9), and 425 (RFC 8470 §5.2). They answer no probe, neither with yes nor with no.
 */
export function answersNoRequest(status: number): boolean {
  return status === 408 || status === 425;
}

/**
 * Whether an HTTP status that answers the probe says that the server did not accept the client: no final answer at
 * all, 400, 401, 403, 407, 421, any 49x (nginx's 494 to 497 and 499 are about certificates and TLS) or any 5xx.
 */
export function isRejection(status: number): boolean {
  if (!Number.isInteger(status) || status < 200 || status > 599) return true;
  return [400, 401, 403, 407, 421].includes(status) || (status >= 490 && status <= 499) || status >= 500;
}
