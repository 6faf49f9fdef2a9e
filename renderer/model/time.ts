const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const MOMENT = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** `14 March 2027` in the user's time zone; text that is no date is shown as it came. */
export function day(iso: string): string {
  return format(DAY, iso);
}

/** `14 Mar 2027, 09:31` in the user's time zone. */
export function moment(iso: string): string {
  return format(MOMENT, iso);
}

/** `09:31:07` in the user's time zone. */
export function clock(iso: string): string {
  return format(CLOCK, iso);
}

function format(formatter: Intl.DateTimeFormat, iso: string): string {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? iso : formatter.format(at);
}

/** Milliseconds since a beginning, as `0.4 ms`, `12 ms` or `1.20 s`. */
export function elapsed(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}
