import { hostileReasons } from "./hostile-reasons.ts";
import { kerberosReasons } from "./kerberos-reasons.ts";
import type { Refusal } from "./refusal.ts";
import { visibleLine } from "./visible-text.ts";

/** What people are told about one code. */
export interface Reason {
  readonly title: string;
  /** For the person in front of the screen: what happened and what it means for them. */
  readonly user: string;
  /** For IT: what was established, in the standards' terms. */
  readonly it: string;
  /** What to do next, and who does it. */
  readonly remedy: string;
}

const TELL_IT =
  'Use "Copy details for IT" and send them to your support. Do not enter anything for this site elsewhere.';
const TRY_LATER = "Try again in a few minutes. If it stays like this, tell your support.";
const UPDATE_PROFILE =
  "IT: check the installed profile with `countersign profile validate` and publish a corrected one.";

/**
 * Every code that a refusal, a verdict or a failed operation may carry, with its sentences. Codes are stable: never
 * renamed or reused. docs/reasons.md is generated from this table.
 */
export const reasons = {
  "server.pin-mismatch": {
    title: "This is not the server your organisation knows",
    user: "The address answered, but not with the key that your organisation has recorded for this site. Someone may be imitating it. Nothing you typed has been sent.",
    it: "No key of the server's certificate (or, with anchors, of its verified path) matches a pin of the profile.",
    remedy: `${TELL_IT} IT: if the server's key was changed on purpose, add the new pin to the profile.`,
  },
  "server.known-impostor": {
    title: "This server has imitated one of your sites before",
    user: "The server that answered is known on this computer: it has pretended to be one of your sites before. Nothing you typed has been sent.",
    it: "The server proved a key that was flagged on this machine, because its holder had answered for a site of the profile with the right name and the wrong key; no pin or anchor of the profile vouches for it.",
    remedy: `${TELL_IT} IT: the records are under "Flagged servers" and in \`countersign hostile list\`; if the key is genuine, pin it in the profile.`,
  },
  "server.expired": {
    title: "The server's proof has run out",
    user: "The site showed a proof of identity that is no longer valid. Nothing has been sent.",
    it: "A certificate of the server's path is past its notAfter (RFC 5280 §4.1.2.5).",
    remedy: "Check that the date and time of this computer are right. IT: renew the server's certificate.",
  },
  "server.not-yet-valid": {
    title: "The server's proof is not valid yet",
    user: "The site showed a proof of identity that only becomes valid later. Nothing has been sent.",
    it: "A certificate of the server's path has a notBefore in the future (RFC 5280 §4.1.2.5).",
    remedy: "Check that the date and time of this computer are right. IT: check the server's certificate and clock.",
  },
  "server.name-mismatch": {
    title: "The server proved another name",
    user: "The server that answered belongs to a different address than the one you asked for. Nothing has been sent.",
    it: "No dNSName of the leaf's subject alternative names matches the requested host (RFC 9525 §6).",
    remedy: `${TELL_IT} IT: issue a certificate that names this host.`,
  },
  "server.untrusted": {
    title: "Nobody your organisation trusts vouches for this server",
    user: "The site's proof of identity was not issued by anyone your organisation relies on. Nothing has been sent.",
    it: "No certification path from the leaf to an anchor of the profile is valid (RFC 5280 §6).",
    remedy: `${TELL_IT} IT: check the chain that the server sends and the anchors of the profile.`,
  },
  "server.certificate-invalid": {
    title: "The server's proof is not in order",
    user: "The site showed a proof of identity that does not follow the rules for such proofs. Nothing has been sent.",
    it: "A certificate violates RFC 5280 or the CA/Browser Forum's server certificate profile.",
    remedy: `${TELL_IT} IT: replace the certificate by one with the profile described in the details.`,
  },
  "server.possession": {
    title: "The server could not prove its key",
    user: "The server showed a proof of identity but could not show that it is its own. Someone may be imitating the site. Nothing has been sent.",
    it: "The signature over the handshake does not verify under the leaf's key, or the server's Finished is wrong (RFC 8446 §4.4.3, RFC 5246 §7.4.3).",
    remedy: TELL_IT,
  },
  "server.revoked": {
    title: "The server's proof has been withdrawn",
    user: "The issuer has withdrawn this site's proof of identity, for example because it was stolen. Nothing has been sent.",
    it: "The stapled OCSP response says `revoked` (RFC 6960 §2.2).",
    remedy: `${TELL_IT} IT: replace the server's certificate and key.`,
  },
  "server.staple-missing": {
    title: "A required confirmation is missing",
    user: "The site's proof of identity must come with a fresh confirmation from its issuer, and the site did not send one. Nothing has been sent.",
    it: "The leaf has the TLS feature status_request (must-staple, RFC 7633), but the server stapled no OCSP response.",
    remedy: `${TRY_LATER} IT: enable OCSP stapling on the server.`,
  },
  "server.staple-invalid": {
    title: "The issuer's confirmation is not valid",
    user: "The site sent a confirmation of its identity that is out of date or damaged. Nothing has been sent.",
    it: "The stapled OCSP response is malformed, out of date, for another certificate, not `good`, or not signed by an authorised responder (RFC 6960 §3.2).",
    remedy: `${TRY_LATER} IT: check the server's OCSP stapling and clock.`,
  },
  "server.unsupported-key": {
    title: "The server's kind of key cannot be checked",
    user: "The site uses a kind of key that this program cannot verify. Nothing has been sent.",
    it: "The key type, curve or signature algorithm of the server's certificate is not supported by the TLS library.",
    remedy: "IT: use a certificate with an ECDSA P-256 or P-384 key, or RSA of 2048 bits or more.",
  },
  "server.renegotiation": {
    title: "The server tried to start over",
    user: "In the middle of the connection the server asked to prove everything anew. The connection was ended to keep you safe.",
    it: "The server began a second handshake on an established channel (renegotiation, RFC 5746).",
    remedy:
      "Open the site again. IT: switch renegotiation off; ask for the client's certificate in the first handshake.",
  },
  "server.changed": {
    title: "The server changed while you were connected",
    user: "The site answered with another identity than a moment ago. The connection was ended to keep you safe.",
    it: "A channel was answered with a certificate other than the one that was proved for this origin.",
    remedy: `${TELL_IT} IT: if certificates are being rotated, list all their pins in the profile.`,
  },
  "server.protocol": {
    title: "The server's answer could not be understood",
    user: "The site sent something that does not follow the rules of the web. The connection was ended to keep you safe.",
    it: "The server's HTTP response is malformed or ambiguous (RFC 9112), e.g. conflicting lengths or bare line feeds.",
    remedy: `${TRY_LATER} IT: look at the server or the proxy in front of it; the details name the fault.`,
  },
  "tls.version": {
    title: "The connection would not be safe enough",
    user: "The site only offers an outdated kind of protected connection. Nothing has been sent.",
    it: "The server does not offer TLS 1.2 or 1.3.",
    remedy: "IT: enable TLS 1.2 and 1.3 on the server.",
  },
  "tls.handshake": {
    title: "No protected connection could be made",
    user: "This computer and the site could not agree on a protected connection. Nothing has been sent.",
    it: "The TLS handshake failed; the details name the alert or the fault.",
    remedy: `${TRY_LATER} IT: check the server's cipher suites (ECDHE with AEAD), groups and signature algorithms.`,
  },
  "tls.not-tls": {
    title: "The site does not speak over a protected connection",
    user: "What answered at this address does not offer a protected connection. Nothing has been sent.",
    it: "The first bytes from the server are not a TLS record (RFC 8446 §5.1), e.g. plain HTTP on this port.",
    remedy: "Check the address. IT: check the port and that TLS is enabled there.",
  },
  "client.no-identity": {
    title: "Your certificate for this site is missing",
    user: "This site lets in only people with a personal certificate, and there is none on this computer that fits.",
    it: "The keystore has no identity that is valid now, allowed for client authentication and issued by the profile's issuer.",
    remedy: "Import your certificate file on the keystore page. If you have none, ask your support for one.",
  },
  "client.identity-unsupported": {
    title: "Your certificate cannot be used with this site",
    user: "Your certificate is of a kind that cannot be used with this site.",
    it: "The identity's key type or curve cannot sign in this handshake (TLS version or library).",
    remedy:
      "Ask your support for a certificate with another kind of key. IT: issue ECDSA P-256 or RSA 2048, or enable TLS 1.3.",
  },
  "client.not-requested": {
    title: "The site did not ask who you are",
    user: "The genuine site asks for your certificate; this one did not. It may be set up wrongly or may not be the genuine one. Nothing you typed has been sent.",
    it: "The server's handshake has no CertificateRequest (RFC 8446 §4.3.2, RFC 5246 §7.4.4), but the profile says `client.method: certificate`.",
    remedy: `${TELL_IT} IT: require client certificates in the server's first handshake.`,
  },
  "client.rejected": {
    title: "The site did not accept your certificate",
    user: "The site is genuine, but it did not accept the certificate that you proved yourself with.",
    it: "After our Certificate and CertificateVerify the server ended the connection with an alert or answered the probe with a rejection (400, 401, 403, 407, 421, 49x or 5xx).",
    remedy:
      "If you were given a new certificate, import it on the keystore page; otherwise ask your support. IT: see the server's log for why this certificate was rejected.",
  },
  "site.unlisted": {
    title: "This address is not on your organisation's list",
    user: "Your organisation has not listed this address, so it cannot be checked and is not opened.",
    it: "The origin belongs to no site of the profile and is no declared subresource of the page's site.",
    remedy: "Check the address for typing errors. If you need this site, ask your support to add it.",
  },
  "site.not-shown": {
    title: "This site cannot be shown",
    user: "Addresses outside your organisation's list are shown for reading only, and only where their server has a certificate for its name and answers with a plain page. This one does not.",
    it: "The read-only view asks by GET over TLS 1.2 or 1.3, verified to the public authorities and `unlistedAnchors`, and takes HTML, text and images of one origin, of bounded size and time, in no content coding.",
    remedy: "Check the address for typing errors. If you need this site, ask your support to add it.",
  },
  "site.hostile": {
    title: "This address is known to be dangerous",
    user: "This address is on a list of addresses that deceive people or do harm. It was not contacted.",
    it: "The URL matches an entry of the hostile list.",
    remedy:
      "Close the message or page that led you here and do not use it. IT: if the entry is wrong, remove it from the list.",
  },
  "site.lookalike": {
    title: "This address only looks like one of your sites",
    user: "The address resembles that of a site of your organisation, but it is another one. Addresses like this are often made to deceive. It was not contacted.",
    it: "The host resembles one of the profile: a homograph (Unicode TS 39), a misspelling, added words, the genuine name as a label of another domain, or another ending.",
    remedy:
      "Go to the genuine site instead, and do not use the message or page that led you here. IT: if the address is honest, list it as a site or as one of a site's `origins`.",
  },
  "site.read-only": {
    title: "The page tried to send something to another server",
    user: "A page tried to send data to a server that it may only read from. It was not sent.",
    it: "A request to a declared subresource was not GET or HEAD, was a navigation or an upgrade, or had a query string that the profile does not allow.",
    remedy:
      "Tell your support what you were doing. IT: make the origin one of the site's `origins`, or allow `query`, only if it needs to receive data.",
  },
  "site.form-elsewhere": {
    title: "A form wanted to send your data to another server",
    user: "The page wanted to send what you entered to a server that is none of this site's. It was not sent there.",
    it: "The target of a form, or of the redirect that answered it, is none of the site's own origins.",
    remedy:
      "Tell your support what you were doing. IT: if that server belongs to the site, add its origin to the site's `origins`; if not, the page may have been tampered with.",
  },
  "address.malformed": {
    title: "This is not an address",
    user: "What was entered is not the address of a site.",
    it: "The text is no https URL with a host (WHATWG URL), or has a user name in front of the host.",
    remedy: "Choose the site from the list, or enter its address, for example bank.example.",
  },
  "address.insecure": {
    title: "Only protected addresses are opened",
    user: "The address begins with something other than https. Such addresses cannot be checked and are not opened.",
    it: "The scheme of the URL is not https.",
    remedy: "Choose the site from the list, or enter its address without the part before the colon.",
  },
  "network.unreachable": {
    title: "The site cannot be reached",
    user: "No connection to the site could be made. Nothing has been sent.",
    it: "The TCP connection failed; the details name the address and the error.",
    remedy: `Check your network connection. ${TRY_LATER}`,
  },
  "network.name-not-found": {
    title: "The site's address was not found",
    user: "The network does not know where this site is.",
    it: "The name could not be resolved (DNS).",
    remedy: "Check your network connection and the address. IT: check DNS, or give `addresses` in the profile.",
  },
  "network.timeout": {
    title: "The site takes too long to answer",
    user: "The site did not answer in time, so the attempt was ended. Nothing has been sent that was not asked for.",
    it: "A time limit of the named phase (dial, handshake, probe, response) has passed.",
    remedy: TRY_LATER,
  },
  "server.no-keep-alive": {
    title: "The site ends every connection too early",
    user: "The site proved who it is, but ends each connection after one answer. A connection is proved before it shows anything, so nothing can be shown here.",
    it: "The server answered the proof and ended the connection with it (Connection: close, or HTTP/1.0). Every connection is proved before it carries a page, and a proof is never carried to another connection, so connections must persist (RFC 9112 §9.3).",
    remedy:
      "IT: allow persistent connections for this site, also on load balancers before it (nginx: keepalive_timeout above 0; Apache: KeepAlive On).",
  },
  "network.closed": {
    title: "The connection was interrupted",
    user: "The site or the network ended the connection before everything was done.",
    it: "The connection was closed or reset by the peer in the named phase.",
    remedy: TRY_LATER,
  },
  "network.proxy": {
    title: "The way out of your network is blocked",
    user: "The computer that connects your network to the outside did not let the connection through.",
    it: "The HTTP proxy refused or mishandled CONNECT (RFC 9110 §9.3.6).",
    remedy: "Check that you are signed in to your network. IT: check the proxy settings and its log.",
  },
  "network.proxy-authentication": {
    title: "The way out of your network asks who you are",
    user: "The computer that connects your network to the outside wants a name and a password first. Countersign does not give it any. Nothing has been sent.",
    it: "The HTTP proxy answered CONNECT with 407 Proxy Authentication Required (RFC 9110 §15.5.8); proxies that authenticate users are not supported.",
    remedy:
      "Tell your support. IT: let this program through without authentication, or give `addresses` in the profile.",
  },
  "network.captive-portal": {
    title: "This network wants you to sign in first",
    user: "As in a hotel or on a train, the network keeps everything back until you have visited its own page. It answered in the place of the site. Nothing has been sent.",
    it: "HTTP 511 or a redirect came where a tunnel or a TLS ServerHello was due: from the proxy in answer to CONNECT, or on the server's port (RFC 6585 §6, RFC 8952).",
    remedy:
      "Open the browser of this computer, sign in to the network there, then try again here. Give that page no password that you use for your sites. IT: if the network is yours, look at its proxy and at the server's port.",
  },
  "network.intercepted": {
    title: "Something in this network answers in the place of your sites",
    user: "One and the same stranger answered for several of your sites. It may be this network's sign-in page, a device that inspects traffic, or an attacker. Nothing you typed has been sent.",
    it: "Servers of different sites of the profile were refused while one key, or one issuer that no public authority vouches for, stood behind all of them: TLS interception, or names that all lead to one machine.",
    remedy:
      "Sign in to the network with this computer's browser if it asks for that, or use another network, then try again. Give no page there a password that you use for your sites. IT: exempt these sites from TLS inspection.",
  },
  "gateway.credentials": {
    title: "Another program tried to use your connection",
    user: "A program other than Countersign tried to use your protected connection and was turned away.",
    it: "A connection to the gateway's loopback port lacked the session's proxy credentials.",
    remedy:
      "Nothing needs to be done. If this repeats, tell your support. IT: find the local program by its connections to the port.",
  },
  "gateway.method": {
    title: "A request was not allowed",
    user: "A page tried to reach the network in a way that is not allowed. It was turned away.",
    it: "The gateway accepts CONNECT only (RFC 9110 §9.3.6); the request had another method or form of target.",
    remedy: "Tell your support what you were doing.",
  },
  "gateway.request": {
    title: "A request was not in order",
    user: "A page tried to send a request that is ambiguous or damaged. It was not sent.",
    it: "The request is malformed or could be read in two ways (RFC 9112 §6.3, §11.2), e.g. conflicting lengths.",
    remedy: "Tell your support what you were doing. IT: the details name the fault.",
  },
  "gateway.overloaded": {
    title: "Too many connections at once",
    user: "A page opened more connections than are allowed. Some were turned away.",
    it: "A limit on concurrent tunnels, channels or waiting requests was reached.",
    remedy: "Close pages that you do not need and load the page again.",
  },
  "verdict.lapsed": {
    title: "The proof for this site has run out",
    user: "What had been proved about this site no longer holds, so the connection was ended.",
    it: "A fact that the verdict rests on has expired, the profile changed, or the network or clock changed.",
    remedy: "Open the site again; everything is then proved anew.",
  },
  "verdict.cancelled": {
    title: "The attempt was stopped",
    user: "The connection was stopped before anything was proved.",
    it: "The caller aborted the attempt.",
    remedy: "Open the site again when you want to continue.",
  },
  "profile.missing": {
    title: "Countersign has not been set up yet",
    user: "Your organisation's settings are not installed on this computer, so there is no site to open.",
    it: "No profile was found in any of the places looked in.",
    remedy: "Ask your support to install them. IT: put the profile into the machine policy directory.",
  },
  "profile.invalid": {
    title: "Your organisation's settings contain an error",
    user: "The installed settings contain an error. None of them is used, so that no site opens under wrong rules.",
    it: "The profile is not valid; the details name each JSON path, the value and what is expected.",
    remedy: UPDATE_PROFILE,
  },
  "profile.unsafe": {
    title: "The settings could have been changed by others",
    user: "The settings are stored so that people other than your administrators could change them. They are not used.",
    it: "The policy directory or a file in it is not owned by the required user, or group or others may write to it.",
    remedy: "IT: make the directory and its files owned by root, writable by nobody else (directory 0755, files 0644).",
  },
  "app.data-unsafe": {
    title: "Your data could be read by others",
    user: "The folder in which your sessions are kept belongs to somebody else, or others could read or replace it. Countersign does not start with it.",
    it: "The folder of the user's data is not owned by the user, its mode cannot be made 0700, or its parent is writable for everybody without the sticky bit.",
    remedy: "IT: make the folder that the details name the user's own (mode 0700), or give another one.",
  },
  "app.file-unwritable": {
    title: "The file could not be written",
    user: "The file could not be saved in the place that you chose.",
    it: "Writing a file that the user asked for failed; the details name the error.",
    remedy: "Choose another place, and check that there is room.",
  },
  "keystore.absent": {
    title: "There is no keychain",
    user: "This computer's place for keys is not available, so your certificates cannot be used.",
    it: "The OS keychain does not answer, e.g. no session bus or no Secret Service provider.",
    remedy:
      "Sign out of this computer and sign in again. IT: install and start a keychain (on Linux gnome-keyring or another Secret Service).",
  },
  "keystore.locked": {
    title: "Your keychain is locked",
    user: "This computer's place for keys is locked, so your certificates cannot be used.",
    it: "The OS keychain is locked and was not unlocked.",
    remedy: "Unlock the keychain and try again.",
  },
  "keystore.refused": {
    title: "Your keychain did not allow it",
    user: "This computer's place for keys did not give or take the certificate.",
    it: "The OS keychain refused the operation; the details name its answer.",
    remedy: "Allow Countersign to use the keychain and try again. IT: check the keychain's settings and free space.",
  },
  "keystore.damaged": {
    title: "The stored certificates are damaged",
    user: "Some of what was stored in the keychain cannot be read any more. It has been left as it is.",
    it: "Entries of the keystore are missing, incomplete or do not fit together.",
    remedy:
      "IT: restore the entries of Countersign in the keychain from a backup, or delete all of them with the keychain's own tool and import the certificates again.",
  },
  "keystore.passphrase": {
    title: "The passphrase does not fit",
    user: "The certificate file could not be opened with this passphrase.",
    it: "The PKCS#12 MAC or decryption failed with the given passphrase (RFC 7292 §5.1).",
    remedy: "Enter the passphrase that came with the file. Mind capital letters and the keyboard's language.",
  },
  "keystore.file-damaged": {
    title: "The certificate file is damaged",
    user: "The file is incomplete or is not a certificate file.",
    it: "The file is no well-formed PKCS#12 container (RFC 7292 §4), or its content does not verify.",
    remedy: "Copy or download the file again. If it stays like this, ask your support for a new one.",
  },
  "keystore.file-too-large": {
    title: "The file is too large",
    user: "The file is too large to be a certificate file.",
    it: "PKCS#12 files over 1 MiB are not read.",
    remedy: "Choose the file that your support gave you; it usually ends in .p12 or .pfx.",
  },
  "keystore.file-unreadable": {
    title: "The file cannot be read",
    user: "The file could not be opened.",
    it: "Reading the file failed; the details name the error.",
    remedy: "Check that the file is still there and that you may read it.",
  },
  "keystore.key-without-certificate": {
    title: "The file has a key but no certificate",
    user: "The file is missing the part that says who you are.",
    it: "The PKCS#12 file has a private key without a certificate of the same public key.",
    remedy: "Ask your support for a file with key and certificate.",
  },
  "keystore.certificate-without-key": {
    title: "The file has a certificate but no key",
    user: "The file is missing the secret part that proves who you are.",
    it: "The PKCS#12 file has certificates but no private key for any of them.",
    remedy: "Ask your support for a file with key and certificate, or export it again with its private key.",
  },
  "keystore.unsupported": {
    title: "This kind of certificate file is not supported",
    user: "The file uses a kind of key or protection that this program does not know.",
    it: "The PKCS#12 file uses an algorithm, key type or structure that is not supported; the details name it.",
    remedy: "Ask your support for a file with AES protection and an RSA, EC or Ed25519 key.",
  },
  "keystore.not-found": {
    title: "This certificate is not in the keychain",
    user: "The certificate is not stored on this computer; it may have been removed already.",
    it: "The keystore has no identity with this fingerprint.",
    remedy: "Look at the list of certificates on the keystore page.",
  },
  ...hostileReasons,
  ...kerberosReasons,
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof reasons;

export const REASON_CODES = Object.keys(reasons) as readonly ReasonCode[];

/** Refusals of an address or a server that is known to do harm, by a list or by what this machine has seen. */
export function isHostile(code: ReasonCode): boolean {
  return code === "site.hostile" || code === "server.known-impostor";
}

/** Sentences for one refusal, ready to show. */
export interface Explanation {
  readonly code: ReasonCode;
  readonly title: string;
  /** For the user. */
  readonly message: string;
  readonly remedy: string;
  /** For IT: what was found, what was expected. */
  readonly it: string;
}

/** The sentences of a refusal's code; what was found and expected is added for IT only. */
export function explain(refusal: Pick<Refusal, "code" | "detail">): Explanation {
  const { title, user, it, remedy }: Reason = reasons[refusal.code];
  const exact = withService(remedy, refusal.detail.service);
  return { code: refusal.code, title, message: user, remedy: exact, it: [it, ...detailSentences(refusal)].join(" ") };
}

/** Commands that can be typed as they stand: the service's own name in the place of the example's. */
function withService(remedy: string, principal: string | undefined): string {
  if (principal === undefined) return remedy;
  const name = visibleLine(principal);
  const service = name.slice(0, name.lastIndexOf("@"));
  return remedy.replaceAll("HTTP/host.corp.example@REALM", name).replaceAll("HTTP/host.corp.example", service);
}

function detailSentences({ detail }: Pick<Refusal, "detail">): readonly string[] {
  const found = detail.value === undefined ? detail.fault : `${detail.fault} (${detail.value})`;
  const sentences = [`Found: ${visibleLine(found)}.`];
  if (detail.expected !== undefined) sentences.push(`Expected: ${visibleLine(detail.expected)}.`);
  return sentences;
}
