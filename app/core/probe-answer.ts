/**
 * Whether an HTTP status that answers the probe says that the server did not accept the client: no final answer at
 * all, 400, 401, 403, 407, 421, any 49x (nginx's 494 to 497 and 499 are about certificates and TLS) or any 5xx.
 */
export function isRejection(status: number): boolean {
  if (!Number.isInteger(status) || status < 200 || status > 599) return true;
  return [400, 401, 403, 407, 421].includes(status) || (status >= 490 && status <= 499) || status >= 500;
}
