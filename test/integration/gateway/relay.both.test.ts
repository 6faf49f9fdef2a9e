import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { type ClientHttp2Session, constants, type IncomingHttpHeaders } from "node:http2";
import { after, afterEach, before, describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { type GatewayScene, type Origin, readAll, startGateway, startHttpOrigin } from "../../support/gateway-scene.ts";

interface Interim {
  readonly status: number;
  readonly link?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly interim: readonly Interim[];
}

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | readonly Buffer[];
  readonly trailers?: Record<string, string>;
}

const interimOf = (status: number, link: string | readonly string[] | undefined): Interim =>
  link === undefined ? { status } : { status, link: link.toString() };

/** One page-side version of HTTP under test: a request with everything it may have, and its whole answer. */
interface Client {
  ask(asked: Asked): Promise<Answer>;
  close(): void;
}

const piecesOf = (body: Asked["body"]): readonly Buffer[] => (body === undefined ? [] : [body].flat());

function http2Client(session: ClientHttp2Session): Client {
  return {
    async ask({ method = "GET", path, headers, body, trailers }) {
      const interim: Interim[] = [];
      const pieces = piecesOf(body);
      const stream = session.request(
        { ":method": method, ":path": path, ...headers },
        { endStream: pieces.length === 0 && trailers === undefined, waitForTrailers: trailers !== undefined },
      );
      stream.on("headers", (head: IncomingHttpHeaders & { ":status"?: number }) =>
        interim.push(interimOf(head[":status"] ?? 0, head.link)),
      );
      stream.on("wantTrailers", () => stream.sendTrailers(trailers ?? {}));
      let received: IncomingHttpHeaders = {};
      stream.on("trailers", (fields: IncomingHttpHeaders) => {
        received = fields;
      });
      for (const piece of pieces) stream.write(piece);
      if (pieces.length > 0 || trailers !== undefined) stream.end();
      const [head] = (await once(stream, "response")) as [IncomingHttpHeaders];
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      return {
        status: Number(head[":status"]),
        headers: head,
        body: Buffer.concat(chunks),
        trailers: received,
        interim,
      };
    },
    close: () => session.destroy(),
  };
}

function http1Client(socket: TLSSocket, authority: string): Client {
  return {
    async ask({ method = "GET", path, headers, body, trailers }) {
      const interim: Interim[] = [];
      const request = httpRequest({
        method,
        path,
        headers: { host: authority, connection: "keep-alive", ...headers },
        createConnection: () => socket,
      });
      request.on("information", (head) => interim.push(interimOf(head.statusCode, head.headers.link)));
      for (const piece of piecesOf(body)) request.write(piece);
      if (trailers !== undefined) request.addTrailers(trailers);
      request.end();
      const [answer] = (await once(request, "response")) as [IncomingMessage];
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const received = Buffer.concat(chunks);
      return {
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: received,
        trailers: answer.trailers,
        interim,
      };
    },
    close: () => socket.destroy(),
  };
}

/** Echoes what it was asked, and answers a few paths in ways of their own. */
function startEcho(): Promise<Origin> {
  return startHttpOrigin((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const [path] = (request.url ?? "").split("?");
      const { rawHeaders, method, url, rawTrailers } = request;
      const seen = { method, url, rawHeaders, rawTrailers, body: Buffer.concat(chunks).toString("base64") };
      switch (path) {
        case "/range":
          response.writeHead(206, { "Content-Range": "bytes 2-4/10", "Content-Length": "3" }).end("234");
          return;
        case "/no-content":
          response.writeHead(204).end();
          return;
        case "/not-modified":
          response.writeHead(304, { ETag: '"one"' }).end();
          return;
        case "/trailers":
          response.writeHead(200, { Trailer: "X-Checksum" });
          response.write("body");
          response.addTrailers({ "X-Checksum": "abc", "Set-Cookie": "not=passed" });
          response.end();
          return;
        case "/hints":
          response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" }, () => response.end("hinted"));
          return;
        case "/cookies":
          response.setHeader("Set-Cookie", ["a=1; Secure", "b=2; HttpOnly"]);
          response.setHeader("Alt-Svc", 'h3=":443"');
          response.setHeader("Proxy-Authenticate", "Basic");
          response.setHeader("X-Hop", "only here");
          response.setHeader("Keep-Alive", "timeout=7");
          response.setHeader("Connection", "keep-alive, X-Hop");
          response.setHeader("Strict-Transport-Security", "max-age=1000");
          response.end();
          return;
        case "/until-close":
          response.shouldKeepAlive = false;
          response.useChunkedEncodingByDefault = false;
          response.removeHeader("transfer-encoding");
          response.end("all that there is");
          return;
        case "/status/404":
        case "/status/500":
          response.writeHead(Number(path.slice(8))).end("an error of the server's own");
          return;
        default:
          response.setHeader("Content-Type", "application/json");
          response.end(JSON.stringify(seen));
      }
    });
  });
}

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly rawTrailers: readonly string[];
  readonly body: string;
}

const seenBy = ({ body }: Answer): Seen => JSON.parse(body.toString()) as Seen;

function headerOf({ rawHeaders }: Seen, name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

for (const protocol of ["h2", "http/1.1"] as const) {
  describe(`relay towards a page that speaks ${protocol}`, () => {
    let scene: GatewayScene;
    let client: Client;
    const newClient = async (): Promise<Client> =>
      protocol === "h2" ? http2Client(await scene.http2()) : http1Client(await scene.page("http/1.1"), scene.authority);
    before(async () => {
      scene = await startGateway({ origin: await startEcho() });
      client = await newClient();
    });
    after(async () => {
      client.close();
      await scene.close();
    });

    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
      it(`relays ${method} without content`, async () => {
        const answer = await client.ask({ method, path: "/p?q=1&r=%20" });
        assert.equal(answer.status, 200);
        assert.equal(seenBy(answer).method, method);
        assert.equal(seenBy(answer).url, "/p?q=1&r=%20");
        assert.equal(seenBy(answer).body, "");
      });
    }

    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      it(`relays ${method} with counted and with chunked content`, async () => {
        const counted = await client.ask({
          method,
          path: "/",
          headers: { "content-length": "5" },
          body: Buffer.from("12345"),
        });
        assert.equal(seenBy(counted).body, Buffer.from("12345").toString("base64"));
        assert.deepEqual(headerOf(seenBy(counted), "content-length"), ["5"]);
        assert.deepEqual(headerOf(seenBy(counted), "transfer-encoding"), []);
        const pieces = [Buffer.from("one "), Buffer.alloc(0), Buffer.from("two")];
        const streamed = await client.ask({ method, path: "/", headers: chunkedIn(protocol), body: pieces });
        assert.equal(seenBy(streamed).body, Buffer.from("one two").toString("base64"));
        assert.deepEqual(headerOf(seenBy(streamed), "content-length"), []);
      });
    }

    it("answers HEAD without content and keeps the length", async () => {
      const answer = await client.ask({ method: "HEAD", path: "/range" });
      assert.equal(answer.status, 206);
      assert.equal(answer.body.length, 0);
      assert.equal(answer.headers["content-length"], "3");
    });

    it("relays 204 and 304 without content", async () => {
      const [empty, unchanged] = [
        await client.ask({ path: "/no-content" }),
        await client.ask({ path: "/not-modified" }),
      ];
      assert.equal(empty.status, 204);
      assert.equal(unchanged.status, 304);
      assert.equal(unchanged.headers.etag, '"one"');
    });

    it("relays ranges", async () => {
      const answer = await client.ask({ path: "/range", headers: { range: "bytes=2-4" } });
      assert.equal(answer.status, 206);
      assert.equal(answer.headers["content-range"], "bytes 2-4/10");
      assert.equal(answer.body.toString(), "234");
      assert.deepEqual(headerOf(seenBy(await client.ask({ path: "/", headers: { range: "bytes=2-4" } })), "range"), [
        "bytes=2-4",
      ]);
    });

    it("relays the server's errors as they are", async () => {
      for (const status of [404, 500]) {
        const answer = await client.ask({ path: `/status/${status}` });
        assert.equal(answer.status, status);
        assert.equal(answer.body.toString(), "an error of the server's own");
      }
    });

    it("relays trailers of the answer, but none that act", async () => {
      const answer = await client.ask({ path: "/trailers", headers: { te: "trailers" } });
      assert.equal(answer.body.toString(), "body");
      assert.equal(answer.trailers["x-checksum"], "abc");
      assert.equal(answer.trailers["set-cookie"], undefined);
    });

    it("relays trailers of the request", async () => {
      const answer = await client.ask({
        method: "POST",
        path: "/",
        headers: chunkedIn(protocol),
        body: Buffer.from("x"),
        trailers: { "x-checksum": "abc", "cache-control": "no-store" },
      });
      assert.deepEqual(seenBy(answer).rawTrailers, ["x-checksum", "abc"]);
    });

    it("relays early hints", async () => {
      const answer = await client.ask({ path: "/hints" });
      assert.equal(answer.body.toString(), "hinted");
      assert.deepEqual(answer.interim, [{ status: 103, link: "</style.css>; rel=preload; as=style" }]);
    });

    it("relays 100 Continue before the content", async () => {
      // Node's own HTTP/1.1 client closes its connection after such a request.
      const another = await newClient();
      const answer = await another.ask({
        method: "POST",
        path: "/",
        headers: { expect: "100-continue", "content-length": "2" },
        body: Buffer.from("ok"),
      });
      assert.equal(seenBy(answer).body, Buffer.from("ok").toString("base64"));
      assert.deepEqual(answer.interim, [{ status: 100 }]);
      another.close();
    });

    it("passes the site's cookies and drops what concerns one connection", async () => {
      const answer = await client.ask({ path: "/cookies" });
      assert.deepEqual(answer.headers["set-cookie"], ["a=1; Secure", "b=2; HttpOnly"]);
      assert.equal(answer.headers["strict-transport-security"], "max-age=1000");
      for (const name of ["alt-svc", "proxy-authenticate", "x-hop"])
        assert.equal(answer.headers[name], undefined, name);
      assert.notEqual(answer.headers["keep-alive"], "timeout=7");
      const seen = seenBy(
        await client.ask({
          path: "/",
          headers: { cookie: "a=1; b=2", "proxy-authorization": "Basic eA==", referer: "x" },
        }),
      );
      assert.deepEqual(headerOf(seen, "cookie"), ["a=1; b=2"]);
      assert.deepEqual(headerOf(seen, "proxy-authorization"), []);
      assert.deepEqual(headerOf(seen, "referer"), ["x"]);
      assert.deepEqual(headerOf(seen, "host"), [scene.authority]);
    });

    it("relays an answer that only the end of the connection delimits", async () => {
      const answer = await client.ask({ path: "/until-close" });
      assert.equal(answer.body.toString(), "all that there is");
      // The next request gets another channel.
      assert.equal((await client.ask({ path: "/" })).status, 200);
    });

    afterEach(() => assert.deepEqual(scene.refused, []));
  });
}

const chunkedIn = (protocol: string): Record<string, string> =>
  protocol === "h2" ? {} : { "transfer-encoding": "chunked" };

describe("relay of large bodies", () => {
  const size = 100 * 1024 * 1024;
  const block = Buffer.from(Array.from({ length: 65_536 }, (_, index) => (index * 31 + (index >> 8)) & 0xff));
  const expected = createHash("sha256");
  for (let sent = 0; sent < size; sent += block.length) expected.update(block);
  const digest = expected.digest("hex");
  let scene: GatewayScene;

  before(async () => {
    const origin = await startHttpOrigin(async (request, response) => {
      if (request.method === "POST") {
        const hash = createHash("sha256");
        for await (const chunk of request) hash.update(chunk as Buffer);
        response.end(hash.digest("hex"));
        return;
      }
      for (let sent = 0; sent < size; sent += block.length) {
        if (!response.write(block)) await once(response, "drain");
      }
      response.end();
    });
    scene = await startGateway({ origin });
  });
  after(() => scene.close());

  for (const protocol of ["h2", "http/1.1"] as const) {
    it(`100 MB down and up over ${protocol}, whole and in bounded memory`, async () => {
      const peak = watchMemory();
      const { readable, writable } = await streamsOf(protocol);
      const hash = createHash("sha256");
      for await (const chunk of readable) hash.update(chunk as Buffer);
      assert.equal(hash.digest("hex"), digest);
      const upload = await writable();
      for (let sent = 0; sent < size; sent += block.length) {
        if (!upload.stream.write(block)) await once(upload.stream, "drain");
      }
      upload.stream.end();
      assert.equal(await upload.answer, digest);
      assert.ok(peak() < 60 * 1024 * 1024, `external memory grew by ${peak()} bytes`);
    });
  }

  async function streamsOf(protocol: "h2" | "http/1.1") {
    if (protocol === "h2") {
      const session = await scene.http2();
      const upload = async () => {
        const stream = session.request({ ":method": "POST", ":path": "/" });
        return { stream, answer: textOf(stream) };
      };
      return { readable: session.request({ ":path": "/" }), writable: upload };
    }
    const options = { headers: { host: scene.authority } };
    const download = await scene.page("http/1.1");
    const request = httpRequest({ ...options, path: "/", createConnection: () => download }).end();
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    const upload = async () => {
      const socket = await scene.page("http/1.1");
      const stream = httpRequest({ ...options, path: "/", method: "POST", createConnection: () => socket });
      return { stream, answer: once(stream, "response").then(([incoming]) => textOf(incoming as IncomingMessage)) };
    };
    return { readable: answer, writable: upload };
  }
});

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** Growth of memory outside the JavaScript heap, where the bytes of bodies are. */
function watchMemory(): () => number {
  const start = process.memoryUsage().external;
  let highest = start;
  const timer = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().external);
  }, 20);
  return () => {
    clearInterval(timer);
    return highest - start;
  };
}

describe("relay of streams", () => {
  it("passes server-sent events on as they come", async () => {
    const events: (() => void)[] = [];
    const origin = await startHttpOrigin((_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.flushHeaders();
      events.push(() => response.write("data: tick\n\n"));
    });
    const scene = await startGateway({ origin });
    const stream = (await scene.http2()).request({ ":path": "/" });
    await once(stream, "response");
    for (let count = 0; count < 3; count += 1) {
      events[0]?.();
      assert.equal(String((await once(stream, "data"))[0]), "data: tick\n\n");
    }
    await scene.close();
  });

  it("streams both ways at once", async () => {
    const origin = await startHttpOrigin((request, response) => {
      response.flushHeaders();
      request.on("data", (chunk) => response.write(chunk));
      request.on("end", () => response.end());
    });
    const scene = await startGateway({ origin });
    const stream = (await scene.http2()).request({ ":method": "POST", ":path": "/" });
    for (const word of ["one", "two", "three"]) {
      stream.write(word);
      assert.equal(String((await once(stream, "data"))[0]), word);
    }
    stream.end();
    await once(stream, "end");
    await scene.close();
  });

  it("holds the server up while the page does not read", async () => {
    let written = 0;
    let stalls = 0;
    const origin = await startHttpOrigin((_, response) => {
      const write = () => {
        while (response.write(Buffer.alloc(65_536))) written += 65_536;
        stalls += 1;
        response.once("drain", write);
      };
      write();
    });
    const scene = await startGateway({ origin, limits: { bodyIdle: 100 } });
    const stream = (await scene.http2()).request({ ":path": "/" });
    await once(stream, "response");
    stream.pause();
    // Several idle limits pass: a page that does not read is no server that stalls.
    const before = await settled(() => written);
    assert.ok(before < 48 * 1024 * 1024, `${before} bytes were written ahead of the page`);
    stream.resume();
    for (let received = 0; received < before + 1_000_000; )
      received += ((await once(stream, "data"))[0] as Buffer).length;
    assert.ok(stalls > 0);
    assert.deepEqual(scene.refused, []);
    await scene.close();
  });
});

/** The value once it has stayed the same for ten looks, 30 ms apart. */
async function settled(value: () => number): Promise<number> {
  for (let same = 0, last = value(); ; last = value()) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    same = value() === last ? same + 1 : 0;
    if (same === 10) return last;
  }
}

describe("relay of resets", () => {
  it("ends the request to the server when the page cancels its stream", async () => {
    const asked: Promise<unknown>[] = [];
    let closed = () => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const origin = await startHttpOrigin((request, response) => {
      response.flushHeaders();
      request.once("close", closed);
    });
    const scene = await startGateway({ origin });
    const stream = (await scene.http2()).request({ ":path": "/" });
    stream.on("error", () => {});
    await once(stream, "response");
    stream.close(constants.NGHTTP2_CANCEL);
    await gone;
    await Promise.all(asked);
    await scene.close();
  });

  for (const protocol of ["h2", "http/1.1"] as const) {
    it(`does not let ${protocol} pages take a broken answer for a whole one`, async () => {
      const origin = await startHttpOrigin((request, response) => {
        if (request.url === "/counted") response.setHeader("Content-Length", "1000");
        response.write("the first half");
        setImmediate(() => request.socket.destroy());
      });
      const scene = await startGateway({ origin });
      for (const path of ["/counted", "/chunked"]) {
        const ended = protocol === "h2" ? await http2Ending(scene, path) : await http1Ending(scene, path);
        assert.equal(ended, "broken", path);
        assert.equal((await scene.nextRefusal()).code, "network.closed");
      }
      await scene.close();
    });
  }
});

async function http2Ending(scene: GatewayScene, path: string): Promise<"broken" | "whole"> {
  const stream = (await scene.http2()).request({ ":path": path });
  stream.on("error", () => {});
  stream.resume();
  await new Promise((resolve) => stream.once("close", resolve));
  return stream.rstCode === constants.NGHTTP2_NO_ERROR ? "whole" : "broken";
}

async function http1Ending(scene: GatewayScene, path: string): Promise<"broken" | "whole"> {
  const socket = await scene.page("http/1.1");
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${scene.authority}\r\n\r\n`);
  const text = await readAll(socket);
  assert.match(text, /the first half/);
  return text.endsWith("0\r\n\r\n") ? "whole" : "broken";
}
