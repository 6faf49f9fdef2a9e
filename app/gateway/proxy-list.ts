/** One way to the network in the answer of a proxy auto-configuration, in order of preference. */
export type Route =
  | { readonly kind: "direct" }
  | { readonly kind: "http"; readonly host: string; readonly port: number }
  | { readonly kind: "unsupported"; readonly text: string };

/**
 * Reads what `session.resolveProxy()` answers, e.g. `PROXY proxy.example:3128; DIRECT`.
 * An empty answer means DIRECT, as in Chromium; what cannot be read or used is kept as `unsupported`.
 */
export function parseProxyList(list: string): readonly Route[] {
  const entries = list
    .split(";")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return entries.length === 0 ? [{ kind: "direct" }] : entries.map(routeOf);
}

function routeOf(text: string): Route {
  const [scheme = "", authority = "", ...rest] = text.split(/\s+/);
  const word = scheme.toUpperCase();
  if (word === "DIRECT" && authority === "") return { kind: "direct" };
  if ((word !== "PROXY" && word !== "HTTP") || rest.length > 0 || !URL.canParse(`http://${authority}`)) {
    return { kind: "unsupported", text };
  }
  const url = new URL(`http://${authority}`);
  if (url.username !== "" || url.password !== "" || url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return { kind: "unsupported", text };
  }
  return {
    kind: "http",
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 80 : Number(url.port),
  };
}
