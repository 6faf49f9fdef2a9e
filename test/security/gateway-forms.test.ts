import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { type GatewayScene, readAll, startGateway, startHttpOrigin } from "../support/gateway-scene.ts";

/** The relay alone, without an engine: what it takes out of answers, adds to them, and keeps to itself. */
describe("a form at the relay", () => {
  let scene: GatewayScene;
  let location = "";
  let status = 200;
  const seen: string[] = [];

  before(async () => {
    const origin = await startHttpOrigin((request, response) => {
      request.resume();
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(status, location === "" ? {} : { Location: location }).end("answer");
    });
    scene = await startGateway({ origin });
  });
  beforeEach(() => {
    seen.length = 0;
    location = "";
    status = 200;
  });
  after(() => scene.close());

  async function send(method: string, target: string, body = ""): Promise<string> {
    const page = await scene.page("http/1.1");
    const fields = [`Host: ${scene.authority}`, "Connection: close", `Content-Length: ${Buffer.byteLength(body)}`];
    page.write(`${[`${method} ${target} HTTP/1.1`, ...fields].join("\r\n")}\r\n\r\n${body}`, "latin1");
    return readAll(page);
  }

  for (const code of [301, 302, 303, 307, 308]) {
    for (const to of [
      "https://evil.example/take",
      "http://bank.example/",
      "//evil.example/",
      "mailto:a@evil.example",
    ]) {
      it(`POST, answered with ${code} to ${to}: the answer stays here`, async () => {
        [status, location] = [code, to];
        const answer = await send("POST", "/pay", "pin=1234");
        assert.match(answer, /^HTTP\/1\.1 403 /);
        assert.doesNotMatch(answer, /evil|location/i);
        assert.equal((await scene.nextRefusal()).code, "site.form-elsewhere");
        assert.deepEqual(seen, ["POST /pay"]);
      });
    }
  }

  it("a POST may be led on within the site, and a GET anywhere (control)", async () => {
    [status, location] = [307, "/next"];
    assert.match(await send("POST", "/pay", "pin=1234"), /^HTTP\/1\.1 307 [\s\S]*Location: \/next/i);
    location = "https://evil.example/take";
    assert.match(await send("GET", "/link"), /^HTTP\/1\.1 307 [\s\S]*evil\.example/);
  });

  it("every answer tells the engine where forms may go; its reports reach no server", async () => {
    const answer = await send("GET", "/");
    const policy = /content-security-policy: form-action (\S+); report-uri (\/\.well-known\/countersign-\S+)/i.exec(
      answer,
    );
    assert.equal(policy?.[1], `https://${scene.authority}`);
    const report = (blocked: string, directive = "form-action") =>
      JSON.stringify({ "csp-report": { "effective-directive": directive, "blocked-uri": blocked } });
    const path = policy?.[2] ?? "";
    seen.length = 0;
    const reports = scene.refused.length;
    assert.match(await send("POST", path, report("https://evil.example/?pin=1234")), /^HTTP\/1\.1 204 /);
    const { code, detail } = await scene.nextRefusal();
    assert.deepEqual([code, detail.value], ["site.form-elsewhere", "https://evil.example"]);
    for (const other of [report("https://evil.example/", "img-src"), "{", "[]", "x".repeat(100_000)]) {
      await send("POST", path, other);
    }
    assert.equal(scene.refused.length, reports + 1, "nothing else is a report of a form");
    assert.deepEqual(seen, []);
  });
});
