/**
 * A random order, each as likely as any other (Fisher and Yates).
 * @param below gives a random whole number from 0 to below the limit
 */
export function shuffled<T>(items: readonly T[], below: (limit: number) => number = randomBelow): readonly T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const chosen = below(last + 1);
    const [a, b] = [order[last] as T, order[chosen] as T];
    order[last] = b;
    order[chosen] = a;
  }
  return order;
}

/** From the system's generator; values that would favour small numbers are thrown away. */
function randomBelow(limit: number): number {
  const fair = 2 ** 32 - (2 ** 32 % limit);
  const drawn = new Uint32Array(1);
  do crypto.getRandomValues(drawn);
  while ((drawn[0] ?? 0) >= fair);
  return (drawn[0] ?? 0) % limit;
}
