import type { MayReceive, ServerRecord } from "./impostors/row.ts";
import type { ConnectionRecord, RecordSeen } from "./recorder.ts";

const CLIENT_HELLO = 1;
const SERVER_HELLO_DONE = 14;
/** An alert under TLS 1.3: two octets, the content type and the tag of the AEAD. Nothing else is that short. */
const ENCRYPTED_ALERT = 19;

const isClientHello = ({ type, handshake }: RecordSeen): boolean => type === 22 && handshake === CLIENT_HELLO;
const isAlert = ({ type, length }: RecordSeen): boolean =>
  (type === 21 && length <= 31) || (type === 23 && length === ENCRYPTED_ALERT);
const isDummy = ({ type, length }: RecordSeen): boolean => type === 20 && length === 1;

const describe = ({ type, length, handshake }: RecordSeen): string =>
  `record of type ${type ?? "none"}, ${length} octets${handshake === undefined ? "" : `, handshake message ${handshake}`}`;

/** Something that tells more than that someone is there. */
const tellsMore = (record: RecordSeen): boolean => !isClientHello(record) && !isAlert(record) && !isDummy(record);

const beyondHello = ({ client }: ConnectionRecord): RecordSeen | undefined => client.find(tellsMore);

/** TLS 1.2 shows in clear how far the server's proof had got when our own flight came. */
function beforeServersProof({ client, server }: ConnectionRecord): RecordSeen | undefined {
  const done = server.findIndex(({ handshake }) => handshake === SERVER_HELLO_DONE);
  return done < 0 ? undefined : client.find((record) => tellsMore(record) && record.othersBefore <= done);
}

/** What a probe may say: the origin in Host, and nothing about the user or the page. */
const PROBE_HEADERS = new Set(["host", "connection", "user-agent", "accept", "content-length"]);

function faultOfProbe(application: string, host: string, path: string): string | undefined {
  const [head = "", ...bodies] = application.split("\r\n\r\n");
  const [requestLine = "", ...headers] = head.split("\r\n");
  if (bodies.length !== 1 || bodies[0] !== "") {
    return `not one bodiless request: ${JSON.stringify(application)}`;
  }
  if (!["GET", "HEAD", "OPTIONS"].some((method) => requestLine === `${method} ${path} HTTP/1.1`)) {
    return `request line ${JSON.stringify(requestLine)}`;
  }
  for (const header of headers) {
    const [name = "", ...value] = header.split(": ");
    if (!PROBE_HEADERS.has(name.toLowerCase())) {
      return `header ${JSON.stringify(header)}`;
    }
    if (name.toLowerCase() === "host" && value.join(": ") !== host) {
      return `Host ${JSON.stringify(header)}`;
    }
  }
  return undefined;
}

export interface Allowance {
  readonly mayReceive: MayReceive;
  /** How many connections the client was asked to make. */
  readonly opens: number;
  /** `name:port` of the origin. */
  readonly host: string;
  /** Path of the probe. */
  readonly path: string;
}

/** Says what a server received beyond its allowance; undefined when it got no more than it may. */
export function receivedTooMuch(record: ServerRecord, allowance: Allowance): string | undefined {
  const { connections, application, clientCertificates, resumed } = record;
  const { mayReceive, opens } = allowance;
  if (connections.length > (mayReceive === "nothing" ? 0 : opens)) {
    return `${connections.length} connections`;
  }
  if (resumed > 0) {
    return `${resumed} resumed sessions`;
  }
  const early = connections.map(beforeServersProof).find((found) => found !== undefined);
  if (early !== undefined) {
    return `before its own proof: ${describe(early)}`;
  }
  if (mayReceive === "client-hello" || mayReceive === "nothing") {
    const beyond = connections.map(beyondHello).find((found) => found !== undefined);
    if (beyond !== undefined) {
      return `beyond the ClientHello: ${describe(beyond)}`;
    }
  }
  const anonymous = mayReceive !== "handshake" && mayReceive !== "probe";
  if (anonymous && clientCertificates.length > 0) {
    return `the client's certificate ${clientCertificates[0]}`;
  }
  if (mayReceive !== "probe") {
    return application.length === 0 ? undefined : `application data: ${JSON.stringify(application[0])}`;
  }
  return application
    .map((text) => faultOfProbe(text, allowance.host, allowance.path))
    .find((fault) => fault !== undefined);
}
