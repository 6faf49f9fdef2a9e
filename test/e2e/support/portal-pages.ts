/** Pages of the bank in end-to-end tests. */

const style = `
:root { color-scheme: light dark; --ink: #16324a; --line: #d5dde4; --paper: #f5f8fa; --card: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #dbe7f1; --line: #31404d; --paper: #141b21; --card: #1b242c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 "DejaVu Sans Condensed", system-ui, sans-serif; }
header { display: flex; justify-content: space-between; padding: 18px 36px; background: #16324a; color: #fff; }
header b { font-size: 17px; letter-spacing: .02em; }
main { max-width: 720px; margin: 0 auto; padding: 36px; }
h1 { margin: 0 0 4px; font-size: 26px; font-weight: 600; }
table { width: 100%; margin: 24px 0; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); }
td, th { padding: 13px 18px; border-bottom: 1px solid var(--line); text-align: left; font-weight: normal; }
th { opacity: .7; font-size: 13px; }
td:last-child, th:last-child { text-align: right; font-variant-numeric: tabular-nums; }
form { display: flex; gap: 10px; align-items: end; }
label { display: grid; gap: 4px; flex: 1; font-size: 13px; }
input { height: 38px; padding: 0 10px; border: 1px solid var(--line); border-radius: 4px; background: var(--card); color: inherit; font: inherit; }
button { height: 38px; padding: 0 20px; border: 0; border-radius: 4px; background: #16324a; color: #fff; font: inherit; }`;

/** Greets whom nginx has recognised by the client's certificate. */
export const accountPage = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Your accounts</title>
<style>${style}</style>
<header><b>Example Bank</b><span id="who"></span></header>
<main>
<h1>Your accounts</h1><p>Friday, 20 November</p>
<table><tr><th>Account</th><th>Number</th><th>Balance</th></tr>
<tr><td>Everyday</td><td>1170 22</td><td>2,418.30</td></tr>
<tr><td>Savings</td><td>1170 51</td><td>18,050.00</td></tr>
<tr><td>Household</td><td>1170 63</td><td>640.12</td></tr></table>
<form method="post" action="/login"><label>Pay to<input name="to" id="to"></label><label>Amount<input name="amount"></label><button>Pay</button></form>
</main>
<script>fetch("/whoami").then((answer) => answer.text()).then((text) => { document.getElementById("who").textContent = /CN=([^,\\n]*)/.exec(text)?.[1] ?? ""; });</script>
</html>`;

/** Registers a service worker that answers for \`/kept\` from its own memory. */
export const workerPage = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Worker</title><h1>Worker</h1>
<script>navigator.serviceWorker.register("/worker.js").then(() => navigator.serviceWorker.ready).then(() => { document.title = "Worker ready"; });</script></html>`;

export const workerScript = `self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname === "/kept")
    event.respondWith(new Response("<title>Kept login</title><form><input type=password></form>", { headers: { "content-type": "text/html" } }));
});`;
