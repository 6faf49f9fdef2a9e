/** The engine's user agent as Chromium's own: without this program's and Electron's names, the minor version zeroed. */
export function engineUserAgent(full: string): string {
  return full
    .split(/ (?![^(]*\))/)
    .filter((token) => /^(Mozilla|AppleWebKit|Chrome|Safari)\/|^\(/.test(token))
    .map((token) => token.replace(/^(Chrome\/\d+)\..*$/, "$1.0.0.0"))
    .join(" ");
}
