import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { CIPHER_SUITES, type CipherSuite } from "../../../app/auth/cipher-suites.ts";
import { ClientFlightReader, showsIdentity } from "../../../app/auth/client-flight.ts";
import { MalformedMessage } from "../../../app/auth/octets.ts";
import { ServerFlightReader } from "../../../app/auth/server-flight.ts";
import { RecordReader, type TlsRecord } from "../../../app/auth/tls-records.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import {
  certificate12,
  certificate13,
  clientHello,
  extension,
  handshakeRecord,
  message,
  record,
  serverHello,
  status,
} from "./handshake-octets.ts";
import { seal } from "./sealing.ts";

const LEAF = Buffer.from("the leaf");
const SECRET = Buffer.alloc(32, 3);
const SUITE13 = CIPHER_SUITES.get(0x1301) as CipherSuite;

const hello12 = message(2, serverHello({ version: 0x0303, suite: 0xc02f }));
const hello13 = message(2, serverHello({ version: 0x0304, suite: 0x1301 }));
const retry = message(2, serverHello({ version: 0x0304, suite: 0x1301, retry: true }));
const m12 = {
  certificate: message(11, certificate12([LEAF])),
  status: message(22, status(Buffer.from("ocsp"))),
  keyExchange: message(12, Buffer.alloc(70)),
  request: message(13, Buffer.alloc(8)),
  done: message(14, Buffer.alloc(0)),
};
const m13 = {
  extensions: message(8, Buffer.from([0, 0])),
  request: message(13, Buffer.alloc(11)),
  certificate: message(11, certificate13([{ der: LEAF, extensions: extension(5, status(Buffer.from("ocsp"))) }])),
  verify: message(15, Buffer.alloc(80)),
  finished: message(20, Buffer.alloc(32)),
};

const wire = (...records: readonly Buffer[]): readonly TlsRecord[] => new RecordReader().push(Buffer.concat(records));
const ccs = record(20, Buffer.from([1]));

function reader12(...messages: readonly Buffer[]): ServerFlightReader {
  const reader = new ServerFlightReader(() => {});
  for (const one of wire(...messages.map((each) => handshakeRecord(each)))) reader.read(one);
  return reader;
}

/** A flight of TLS 1.3, each message in a record of its own. */
function reader13(messages: readonly Buffer[], sequence = 0): ServerFlightReader {
  const reader = new ServerFlightReader(() => {});
  for (const one of wire(handshakeRecord(hello13), ccs)) reader.read(one);
  reader.takeSecret(SECRET);
  messages.forEach((each, index) => {
    reader.read(seal(SUITE13, SECRET, BigInt(sequence + index), Buffer.concat([each, Buffer.from([22])])));
  });
  return reader;
}

const refusedAs = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code;

describe("the server's flight", () => {
  it("is read in TLS 1.2, with and without staple and request", () => {
    const full = reader12(hello12, m12.certificate, m12.status, m12.keyExchange, m12.request, m12.done).flight;
    assert.deepEqual(full?.certificates, [LEAF]);
    assert.deepEqual(full?.staple, Buffer.from("ocsp"));
    assert.equal(full?.certificateRequested, true);
    assert.equal(full?.cipher, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    const bare = reader12(hello12, m12.certificate, m12.keyExchange, m12.done).flight;
    assert.equal(bare?.certificateRequested, false);
    assert.equal(bare?.staple, undefined);
  });

  it("is read in TLS 1.3, with and without request", () => {
    const full = reader13([m13.extensions, m13.request, m13.certificate, m13.verify, m13.finished]).flight;
    assert.equal(full?.protocol, "TLSv1.3");
    assert.deepEqual(full?.staple, Buffer.from("ocsp"));
    assert.equal(full?.certificateRequested, true);
    const bare = reader13([m13.extensions, m13.certificate, m13.verify, m13.finished]).flight;
    assert.equal(bare?.certificateRequested, false);
  });

  it("waits for the secret, and for its own end", () => {
    const reader = new ServerFlightReader(() => {});
    for (const one of wire(handshakeRecord(hello13))) reader.read(one);
    const inner = Buffer.concat([m13.extensions, m13.certificate, m13.verify, m13.finished, Buffer.from([22])]);
    reader.read(seal(SUITE13, SECRET, 0n, inner));
    assert.equal(reader.partial, undefined);
    reader.takeSecret(SECRET);
    assert.deepEqual(reader.flight?.certificates, [LEAF]);
    assert.equal(reader13([m13.extensions, m13.certificate, m13.verify]).flight, undefined);
    assert.deepEqual(reader13([m13.extensions, m13.certificate]).partial?.certificates, [LEAF]);
  });

  it("names the key agreement by all hello messages", () => {
    const flight = (first: readonly Buffer[]) => {
      const reader = new ServerFlightReader(() => {});
      for (const one of first) reader.sentClientHello(one);
      for (const one of wire(
        ...[hello12, m12.certificate, m12.keyExchange, m12.done].map((each) => handshakeRecord(each)),
      ))
        reader.read(one);
      return reader.flight?.transcript;
    };
    const [one, other] = [flight([clientHello()]), flight([Buffer.from("another")])];
    assert.match(one ?? "", /^[0-9a-f]{64}$/);
    assert.notEqual(one, other);
    assert.equal(one, flight([clientHello()]));
  });

  const outOfOrder12: Readonly<Record<string, readonly Buffer[]>> = {
    "no ServerHello": [m12.certificate],
    "a second ServerHello": [hello12, hello12],
    "a HelloRequest": [message(0, Buffer.alloc(0))],
    "no certificate": [hello12, m12.keyExchange],
    "two certificates": [hello12, m12.certificate, m12.certificate],
    "no key exchange": [hello12, m12.certificate, m12.done],
    "a request before the key exchange": [hello12, m12.certificate, m12.request],
    "two requests": [hello12, m12.certificate, m12.keyExchange, m12.request, m12.request],
    "Finished instead of the end": [hello12, m12.certificate, m12.keyExchange, message(20, Buffer.alloc(12))],
    "more after the end": [hello12, m12.certificate, m12.keyExchange, m12.done, m12.done],
    "a session ticket": [hello12, message(4, Buffer.alloc(20))],
    "an empty certificate list": [hello12, message(11, certificate12([]))],
    "a suite nobody offered": [message(2, serverHello({ version: 0x0303, suite: 0x002f }))],
    "a suite of the other protocol": [message(2, serverHello({ version: 0x0303, suite: 0x1301 }))],
  };
  for (const [fault, messages] of Object.entries(outOfOrder12)) {
    it(`is refused in TLS 1.2 with ${fault}`, () => {
      assert.throws(() => reader12(...messages), refusedAs("tls.handshake"));
    });
  }

  const outOfOrder13: Readonly<Record<string, readonly Buffer[]>> = {
    "no EncryptedExtensions": [m13.certificate],
    "no certificate, as after a resumption": [m13.extensions, m13.finished],
    "no CertificateVerify": [m13.extensions, m13.certificate, m13.finished],
    "a request after the certificate": [m13.extensions, m13.certificate, m13.request],
    "an empty certificate list": [m13.extensions, message(11, certificate13([]))],
    "octets after Finished": [m13.extensions, m13.certificate, m13.verify, Buffer.concat([m13.finished, m13.verify])],
  };
  for (const [fault, messages] of Object.entries(outOfOrder13)) {
    it(`is refused in TLS 1.3 with ${fault}`, () => {
      assert.throws(() => reader13(messages), refusedAs("tls.handshake"));
    });
  }

  it("is refused when a record does not open", () => {
    assert.throws(() => reader13([m13.extensions], 1), MalformedMessage);
  });

  const read = (...records: readonly Buffer[]) => {
    const reader = new ServerFlightReader(() => {});
    for (const one of wire(...records)) reader.read(one);
  };

  it("is refused in TLS 1.3 with octets beside the ServerHello, or a message in clear after it", () => {
    assert.throws(() => read(handshakeRecord(hello13, m13.extensions)), refusedAs("tls.handshake"));
    assert.throws(() => read(handshakeRecord(hello13), handshakeRecord(m13.extensions)), refusedAs("tls.handshake"));
    assert.throws(() => read(record(22, Buffer.concat([hello13, Buffer.from([8])]))), refusedAs("tls.handshake"));
  });

  it("is refused with an early ChangeCipherSpec, application data, or a second retry", () => {
    assert.throws(() => read(handshakeRecord(hello12), ccs), refusedAs("tls.handshake"));
    assert.throws(() => read(handshakeRecord(hello13), record(20, Buffer.from([2]))), refusedAs("tls.handshake"));
    assert.throws(() => read(handshakeRecord(hello12), record(23, Buffer.alloc(30))), refusedAs("tls.handshake"));
    assert.throws(() => read(handshakeRecord(retry), handshakeRecord(retry)), refusedAs("tls.handshake"));
  });

  it("is refused when it does not end", () => {
    const piece = handshakeRecord(message(11, certificate12([Buffer.alloc(16_000)])));
    assert.throws(() => read(handshakeRecord(hello12), ...Array.from({ length: 40 }, () => piece)), Refusal);
    const sealed = Array.from({ length: 40 }, () => record(23, Buffer.alloc(16_000)));
    assert.throws(() => read(handshakeRecord(hello13), ...sealed), refusedAs("tls.handshake"));
  });

  for (const version of [0x0300, 0x0301, 0x0302, 0x0305]) {
    it(`is refused with version 0x0${version.toString(16)}`, () => {
      assert.throws(
        () => read(handshakeRecord(message(2, serverHello({ version, suite: 0xc02f })))),
        refusedAs("tls.version"),
      );
    });
  }

  it("remembers the server's alert, in clear and sealed", () => {
    const clear = new ServerFlightReader(() => {});
    for (const one of wire(record(21, Buffer.from([2, 40])))) clear.read(one);
    assert.equal(clear.alert, 40);
    const sealed = reader13([m13.extensions]);
    sealed.read(seal(SUITE13, SECRET, 1n, Buffer.from([2, 80, 21])));
    assert.equal(sealed.alert, 80);
  });
});

describe("our own flight", () => {
  function client(server: ServerFlightReader) {
    const reader = new ClientFlightReader(server, () => {});
    return {
      reader,
      send: (...records: readonly Buffer[]) => wire(...records).map((one) => reader.read(one)),
    };
  }
  const server12 = () => reader12(hello12, m12.certificate, m12.keyExchange, m12.request, m12.done);
  const server13 = () => reader13([m13.extensions, m13.request, m13.certificate, m13.verify, m13.finished]);

  it("lets one ClientHello pass, and a second one only after a retry", () => {
    const fresh = new ServerFlightReader(() => {});
    const { send } = client(fresh);
    assert.deepEqual(send(handshakeRecord(clientHello())), ["pass"]);
    assert.throws(() => send(handshakeRecord(clientHello())), /beyond/);

    const retried = new ServerFlightReader(() => {});
    const again = client(retried);
    again.send(handshakeRecord(clientHello()));
    for (const one of wire(handshakeRecord(retry))) retried.read(one);
    assert.deepEqual(again.send(ccs, handshakeRecord(clientHello())), ["pass", "pass"]);
    assert.throws(() => again.send(handshakeRecord(clientHello())), /beyond/);
  });

  it("lets nothing pass that shares a record with the ClientHello", () => {
    const { send } = client(new ServerFlightReader(() => {}));
    assert.throws(() => send(handshakeRecord(clientHello(), m12.certificate)), /shares its record/);
  });

  it("holds certificate, signature, key exchange and Finished of TLS 1.2, and reads them", () => {
    const { reader, send } = client(server12());
    const flight = [m12.certificate, message(16, Buffer.alloc(33)), message(15, Buffer.alloc(72))];
    assert.deepEqual(send(...flight.map((one) => handshakeRecord(one)), ccs), ["hold", "hold", "hold", "hold"]);
    assert.equal(reader.flight, undefined);
    assert.deepEqual(send(record(22, Buffer.alloc(40))), ["hold"]);
    assert.deepEqual(reader.flight, { certificates: [LEAF], certificateVerify: true });
  });

  it("holds and reads the sealed flight of TLS 1.3", () => {
    const { reader } = client(server13());
    const inner = Buffer.concat([message(11, certificate13([{ der: LEAF }])), m13.verify, m13.finished]);
    reader.takeSecret(Buffer.from(SECRET));
    assert.equal(reader.read({ type: 20, header: ccs.subarray(0, 5), fragment: ccs.subarray(5) }), "hold");
    assert.equal(reader.read(seal(SUITE13, SECRET, 0n, Buffer.concat([inner, Buffer.from([22])]))), "hold");
    assert.deepEqual(reader.flight, { certificates: [LEAF], certificateVerify: true });
  });

  it("is never complete while it cannot be read", () => {
    const { reader } = client(server13());
    assert.equal(reader.read(seal(SUITE13, SECRET, 0n, Buffer.concat([m13.finished, Buffer.from([22])]))), "hold");
    assert.equal(reader.flight, undefined);
  });

  it("lets an alert pass in clear, drops a sealed one, and remembers both", () => {
    const clear = client(server12());
    assert.deepEqual(clear.send(record(21, Buffer.from([2, 51]))), ["pass"]);
    assert.equal(clear.reader.alert, 51);
    const sealed = client(server13());
    sealed.reader.takeSecret(Buffer.from(SECRET));
    assert.equal(sealed.reader.read(seal(SUITE13, SECRET, 0n, Buffer.from([2, 51, 21]))), "drop");
    assert.equal(sealed.reader.alert, 51);
    assert.deepEqual(client(server12()).send(record(21, Buffer.alloc(26))), ["drop"]);
  });

  it("shows an identity only with its leaf and a signature", () => {
    const fingerprint = createHash("sha256").update(LEAF).digest("hex");
    assert.equal(showsIdentity({ certificates: [LEAF], certificateVerify: true }, fingerprint), true);
    assert.equal(showsIdentity({ certificates: [LEAF], certificateVerify: false }, fingerprint), false);
    assert.equal(
      showsIdentity({ certificates: [Buffer.from("x"), LEAF], certificateVerify: true }, fingerprint),
      false,
    );
    assert.equal(showsIdentity({ certificates: [], certificateVerify: true }, fingerprint), false);
  });
});
