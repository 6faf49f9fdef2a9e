/** Words of addresses that tell nobody apart. They decide what of a name is its owner's and what is only wrapping. */

/** What a host does: no one's own word, and what deceivers put around somebody else's. */
const WRAPPING = new Set(
  `account accounts activate activation admin alert alerts app apps auth authenticate authentication billing check
  click client clients cloud com confirm confirmation corp customer customers de desk direct docs ebanking eu
  extranet files form forms free gateway help helpdesk home hotline id identity info internal intranet invoice it kyc
  live local login logon logout mail message messages mobile my net new news notice now office official online org
  page pages password pay payment payments portal pin recover recovery refund register registration remote renew reset
  review safe secure secured security service services session shop sign signin signon site sso start status store
  support tan test unlock update updates user users validate validation verification verified verify vpn web webapp
  webmail wiki www your uk us ch at 2fa mfa hr`
    .split(/\s+/)
    .filter(Boolean),
);

/** What a company is: part of thousands of names. */
const KINDS = new Set(
  `bank banking banks business capital card cards cash central city community company credit crypto energy europe
  express finance financial first fund funds general german global group health holding insurance international invest
  investment land life loan loans markets media medical money mutual national north partners power private provider
  regional saving savings school solutions south state systems tax tech telecom trade trading travel trust union united
  university wallet water wealth west world`
    .split(/\s+/)
    .filter(Boolean),
);

/** Whether `text` is nothing but wrapping words and digits, run together. The empty text is. */
export function isWrapping(text: string): boolean {
  return isMadeOf(text, (word) => WRAPPING.has(word) || /^\d{1,4}$/.test(word));
}

/** Whether a name could be anybody's: made of wrapping words and kinds of companies alone. */
export function isCommon(name: string): boolean {
  return isMadeOf(name, (word) => WRAPPING.has(word) || KINDS.has(word));
}

const LONGEST = 14;

function isMadeOf(text: string, known: (word: string) => boolean): boolean {
  const reached = [true];
  for (let end = 1; end <= text.length; end += 1) {
    for (let start = Math.max(0, end - LONGEST); start < end && !reached[end]; start += 1) {
      if (reached[start]) reached[end] = known(text.slice(start, end));
    }
  }
  return reached[text.length] ?? false;
}
