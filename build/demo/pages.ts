/** Pages of the demo's servers: what a user would see there, or must never see. */

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { margin: 0; background: light-dark(#f4f6f4, #14201c); color: light-dark(#17231f, #e6ede9); }
  header { background: #0f4b3e; color: #fff; padding: 1.1rem 2rem; display: flex; justify-content: space-between; }
  header b { font-size: 1.15rem; letter-spacing: .01em; }
  main { max-width: 44rem; margin: 2rem auto; padding: 0 2rem; }
  h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
  p { margin: .25rem 0 1.25rem; color: light-dark(#4b5a55, #a9bab3); }
  table { width: 100%; border-collapse: collapse; background: light-dark(#fff, #1d2c27); border-radius: 8px; }
  td, th { padding: .8rem 1rem; text-align: left; border-bottom: 1px solid light-dark(#e3e9e6, #2c3f38); }
  td:last-child, th:last-child { text-align: right; font-variant-numeric: tabular-nums; }
  form { margin-top: 2rem; display: grid; gap: .5rem; max-width: 20rem; }
  input, button { font: inherit; padding: .55rem .7rem; border-radius: 6px; border: 1px solid #8aa39a; }
  button { background: #0f4b3e; color: #fff; border-color: #0f4b3e; }
  aside { margin-top: 2rem; padding: 1rem; border: 1px solid light-dark(#d9c27a, #6d5d25); border-radius: 8px; }
`;

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${style}</style></head>
<body>${body}</body></html>`;

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export interface PortalLinks {
  readonly hostile: string;
}

/** The genuine bank, for the customer whose certificate was verified on this connection. */
export const bankPage = (customer: string, links: PortalLinks): string =>
  page(
    "Accounts · Meridian Bank",
    `<header><b>Meridian Bank</b><span>${escapeHtml(customer)}</span></header>
<main><h1>Good to see you, ${escapeHtml(customer)}.</h1>
<p>Your certificate signed you in before this page was sent.</p>
<table><tr><th>Account</th><th>Balance</th></tr>
<tr><td>Everyday account</td><td>2,840.16</td></tr>
<tr><td>Savings</td><td>18,200.00</td></tr>
<tr><td>Household</td><td>412.75</td></tr></table>
<form method="post" action="/transfer"><label for="pin">Confirm a transfer with your PIN</label>
<input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off">
<button>Confirm</button></form>
<aside>A message from a stranger: <a id="prize" href="${escapeHtml(links.hostile)}">you have won a prize</a>.</aside></main>`,
  );

/** What the impostor would show: the bank's page, word for word as far as a victim can tell. */
export const impostorPage = (): string =>
  page("Accounts · Meridian Bank", `<header><b>Meridian Bank</b></header><main><h1>STOLEN: please sign in</h1></main>`);

export const silentPage = (): string =>
  page("Staff directory", `<header><b>Staff directory</b></header><main><h1>Hello, whoever you are</h1></main>`);

export const hostilePage = (): string =>
  page("You have won", `<header><b>Prize centre</b></header><main><h1>Enter your card number</h1></main>`);

/** The staff's portal: who asks is known from the ticket, so that its pages need no login of their own. */
export const staffPortalPages = (): Readonly<Record<string, string>> => ({
  "index.html": page(
    "Staff portal · Meridian Bank",
    `<header><b>Meridian Bank</b><span>Staff portal</span></header>
<main><h1>Holiday requests</h1>
<p>Your network sign-in opened this page, after the server had proved itself with its own.</p>
<form method="post" action="/saved.html"><label for="note">Days you would like to take</label>
<input id="note" name="note" autocomplete="off"><button>Send</button></form></main>`,
  ),
  "saved.html": page(
    "Sent · Meridian Bank",
    `<header><b>Meridian Bank</b><span>Staff portal</span></header>
<main><h1>Sent</h1><p>Your request has gone to your manager.</p><a href="/">Back</a></main>`,
  ),
});
