import type { Reason } from "./reasons.ts";

const SUPPORT = 'Use "Copy details for IT" and send them to your support.';
const NOT_ELSEWHERE = `${SUPPORT} Do not enter anything for this site elsewhere.`;
const REGISTER =
  "Windows: `setspn -S HTTP/host.corp.example account`; MIT: `kadmin -q 'addprinc -randkey HTTP/host.corp.example'` and `kadmin -q 'ktadd -k /etc/krb5.keytab HTTP/host.corp.example'`.";
const RENEW_KEYTAB =
  "export the key anew: Windows: `ktpass /princ HTTP/host.corp.example@REALM /mapuser account /crypto AES256-SHA1 /ptype KRB5_NT_PRINCIPAL /pass * /out http.keytab`; MIT: `kadmin -q 'ktadd -k /etc/krb5.keytab HTTP/host.corp.example'`; compare `klist -k -e` with `kvno HTTP/host.corp.example`.";

/** Reasons of Kerberos, of service principal names and of the directory that finds services. */
export const kerberosReasons = {
  "spn.invalid": {
    title: "This address has no service name",
    user: "For this address no name can be composed by which the service could prove itself.",
    it: "No service principal name can be composed: it takes a DNS name of two labels or more (no NetBIOS name, no IP address), a service class and a realm.",
    remedy: `${SUPPORT} IT: give the site a DNS name, and check server.spn of the profile.`,
  },
  "server.no-mutual-token": {
    title: "The server let you in but did not prove itself",
    user: "The server accepted your proof and gave none of its own, so it may be anyone. No page was loaded and nothing you typed was sent.",
    it: "The answer to the Kerberos token carries no token of the server (AP-REP, RFC 4120 §5.5.2; RFC 4559 §5).",
    remedy: `${NOT_ELSEWHERE} IT: the answer of the server, and of each proxy in front of it, must carry \`WWW-Authenticate: Negotiate\` with the server's token. Apache: mod_auth_gssapi does. IIS: Windows Authentication with the provider Negotiate. nginx: spnego-http-auth-nginx-module, and no proxy that strips WWW-Authenticate. Keycloak keeps its token to itself on success: let a reverse proxy authenticate in front of it. See docs/kerberos.md.`,
  },
  "server.token-invalid": {
    title: "The server's proof is wrong",
    user: "The server answered with a proof that does not verify. Someone may be imitating it. No page was loaded.",
    it: "The server's token was malformed, replayed, altered, or made for another context or with another key.",
    remedy: `${NOT_ELSEWHERE} IT: check that no proxy rewrites WWW-Authenticate and that all nodes of the service have the same keytab.`,
  },
  "server.mechanism": {
    title: "The server wants another way to sign in",
    user: "The server asked for an older or weaker way to sign in, which cannot prove who it is. It was refused.",
    it: "The server negotiated a mechanism other than Kerberos 5 (NTLM, for example), or offered none.",
    remedy: `${SUPPORT} IT: enable Kerberos for this service and register its SPN. ${REGISTER}`,
  },
  "server.spn-unknown": {
    title: "Your organisation's sign-in service does not know this site",
    user: "The service that vouches for sites does not know this one, so it cannot prove itself.",
    it: "The KDC does not know the service principal (KDC_ERR_S_PRINCIPAL_UNKNOWN, RFC 4120 §7.5.9, error 7).",
    remedy: `${SUPPORT} IT: register the SPN. ${REGISTER}`,
  },
  "server.spn-duplicate": {
    title: "This site's name is registered twice",
    user: "The service that vouches for sites has this one's name more than once and cannot tell which is meant.",
    it: "The SPN is registered on more than one account (KDC_ERR_PRINCIPAL_NOT_UNIQUE, error 8).",
    remedy: `${SUPPORT} IT: find the accounts with \`setspn -X\` or \`setspn -Q HTTP/host.corp.example\` and remove one with \`setspn -D HTTP/host.corp.example account\`.`,
  },
  "server.key-version": {
    title: "The server uses an old key",
    user: "The server could not read your proof, because its key is out of date.",
    it: "The server's keytab has another key version than the KDC issues tickets for (KRB_AP_ERR_BADKEYVER, error 44).",
    remedy: `${SUPPORT} IT: ${RENEW_KEYTAB}`,
  },
  "server.keytab": {
    title: "The server does not have the right key",
    user: "The server could not read your proof. It may be set up wrongly, or it may not be the genuine one.",
    it: "The server's keytab has no key, or a wrong one, for this principal (KRB_AP_ERR_NOKEY 45, MODIFIED 41, NOT_US 35).",
    remedy: `${SUPPORT} IT: ${RENEW_KEYTAB}`,
  },
  "server.realm-unreachable": {
    title: "There is no way from your sign-in to this site's",
    user: "Your account and this site belong to different organisations' sign-in services, and no trust leads from one to the other.",
    it: "No cross-realm path leads from the client's realm to the service's (RFC 4120 §1.2), or the other forest refused.",
    remedy: `${SUPPORT} IT: check server.spn.realm of the profile, the trust between the realms, and [capaths] or the forest trust's name suffixes.`,
  },
  "kerberos.no-ticket": {
    title: "You are not signed in",
    user: "This computer holds no sign-in for your organisation, which this site needs.",
    it: "There is no ticket-granting ticket in the default credential cache or logon session.",
    remedy:
      "Sign in to your organisation's network (lock and unlock Windows, or run `kinit`). The page then opens by itself; if not, try again.",
  },
  "kerberos.ticket-expired": {
    title: "Your sign-in has run out",
    user: "Your sign-in to your organisation's network is no longer valid.",
    it: "The ticket-granting ticket or service ticket has expired (KRB_AP_ERR_TKT_EXPIRED, error 32).",
    remedy:
      "Sign in again (lock and unlock Windows, or run `kinit`). The page then comes back by itself; if not, try again.",
  },
  "kerberos.other-user": {
    title: "Someone else is signed in now",
    user: "This page was opened by another user than the one who is signed in now. What had been entered was not sent.",
    it: "The ticket's client principal is another than the one that the page, or this channel, was opened with.",
    remedy: "Open the site again as the user who is signed in now.",
  },
  "kerberos.clock-skew": {
    title: "This computer's clock is wrong",
    user: "The time of this computer is too far from that of your organisation's network.",
    it: "The clocks differ by more than the realm allows (KRB_AP_ERR_SKEW, error 37).",
    remedy: "Set the date and time of this computer. IT: check time synchronisation of client, server and KDC.",
  },
  "kerberos.kdc-unreachable": {
    title: "Your organisation's sign-in service cannot be reached",
    user: "The service that vouches for you and for this site does not answer.",
    it: "No KDC of the realm could be reached, or none answered in time.",
    remedy: "Check the network or VPN connection and try again. IT: check DNS SRV records and port 88 of the KDCs.",
  },
  "kerberos.rewritten": {
    title: "Something tried to change this site's name",
    user: "The name by which this site is to prove itself would have been changed on this computer. It was refused.",
    it: "The canonical form of the imported principal is another than the composed one, or the ticket is for another service.",
    remedy: `${NOT_ELSEWHERE} IT: check krb5.conf (dns_canonicalize_hostname, rdns, [domain_realm]) and the profile's realm.`,
  },
  "kerberos.binding": {
    title: "The proof could not be tied to this connection",
    user: "Your proof could not be tied to this very connection, so someone in the middle could have used it.",
    it: "No tls-server-end-point binding is defined for the certificate's signature algorithm (RFC 5929 §4.1), or the acceptor refused the binding.",
    remedy: `${SUPPORT} IT: issue a certificate whose signature names one hash (SHA-256, SHA-384, SHA-512), and check for a TLS proxy in between.`,
  },
  "kerberos.library": {
    title: "Signing in with your organisation's account is not possible here",
    user: "This computer has no working Kerberos software, which this site needs.",
    it: "The system's GSSAPI or SSPI library is missing or failed; the details have its status.",
    remedy: `${SUPPORT} IT: install Kerberos (Debian: \`apt-get install libgssapi-krb5-2 krb5-user\`) and check krb5.conf.`,
  },
  "kerberos.timeout": {
    title: "Your organisation's sign-in service took too long",
    user: "The service that vouches for you and for this site did not answer in time.",
    it: "A GSSAPI or SSPI call did not return in time; its process was ended and replaced.",
    remedy: "Try again. IT: check that the realm's KDCs answer (port 88, UDP and TCP).",
  },
  "directory.untrusted": {
    title: "The directory of services did not prove itself",
    user: "The directory that says where this service is did not prove who it is, so nothing it says was used. No sign-in was shown to anyone.",
    it: "The LDAPS server of server.scp was refused before a search was sent: its key, name, dates or chain, or its TLS; the details have the cause.",
    remedy: `${NOT_ELSEWHERE} IT: check server.scp.directory, its pins and anchors, and the directory's certificate.`,
  },
  "directory.unreachable": {
    title: "The directory of services cannot be reached",
    user: "The directory that says where this service is does not answer.",
    it: "The LDAPS server of server.scp could not be reached, or did not answer in time.",
    remedy: `Check the network or VPN connection and try again. ${SUPPORT}`,
  },
  "directory.refused": {
    title: "The directory of services gives no answer",
    user: "The directory that says where this service is proved itself, but did not answer the question.",
    it: "The directory answered the search with an error, a referral (never followed), more than its limits allow, or something unreadable.",
    remedy: `${SUPPORT} IT: check server.scp.base, and that an anonymous client may read the serviceConnectionPoint objects below it; point server.scp.directory at the server that holds them.`,
  },
  "scp.none": {
    title: "This service is not in the directory",
    user: "The directory does not say where this service is.",
    it: "No serviceConnectionPoint matches below the search base.",
    remedy: `${SUPPORT} IT: check server.scp.base and class or keywords, and that the service has published its connection point.`,
  },
  "scp.several": {
    title: "The directory knows several services of this name",
    user: "The directory names more than one service, so it is not clear which one is meant.",
    it: "Several serviceConnectionPoint objects match.",
    remedy: `${SUPPORT} IT: narrow server.scp (base, class, keywords) or remove the stale object.`,
  },
  "scp.malformed": {
    title: "The directory's entry for this service is wrong",
    user: "The directory's entry for this service cannot be used.",
    it: "serviceDNSName, serviceDNSNameType (A), serviceClassName or serviceBindingInformation (port, or host:port) is missing or malformed.",
    remedy: `${SUPPORT} IT: correct the attributes named in the details.`,
  },
  "scp.disagreeing": {
    title: "The directory contradicts itself about this service",
    user: "What the directory says of this service does not fit together, or is not what your organisation expects.",
    it: "Attributes of the serviceConnectionPoint have several values, contradict each other, or are outside what server.scp allows.",
    remedy: `${NOT_ELSEWHERE} IT: correct the attributes named in the details, and check who may write to the object.`,
  },
  "gss.protection": {
    title: "The service does not protect the connection",
    user: "The service did not agree to encrypt the connection, so nothing was sent.",
    it: "The context lacks integrity or confidentiality, or a message was not wrapped as agreed (RFC 2743 §1.2.2).",
    remedy: `${SUPPORT} IT: enable encryption at the service; signing alone needs the profile's consent.`,
  },
  "gss.framing": {
    title: "The service breaks its own rules",
    user: "The service sent something that no service of this kind sends, or was cut off. The connection was ended.",
    it: "A length before a token or message is 0 or beyond the limit (64 KiB for tokens, 1 MiB for messages), or the connection ended within one.",
    remedy: `${SUPPORT} IT: check that the address is that of a service which authenticates by length-prefixed GSSAPI tokens (four octets, network order).`,
  },
  "gss.sequence": {
    title: "Messages of the service were tampered with",
    user: "A message arrived twice, out of order, cut off or altered. The connection was ended.",
    it: "unwrap reported a duplicate, old, out-of-sequence or gap token, or a token that does not verify (RFC 2743 §1.2.3).",
    remedy: NOT_ELSEWHERE,
  },
} as const satisfies Record<string, Reason>;
