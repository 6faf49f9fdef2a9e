"""A TCP service on python3-gssapi, an implementation independent of the client's: length-prefixed tokens until both
sides are complete, then HTTP in messages that are wrapped. It errs where it is told to, and reports what it received.
"""
import json
import os
import socket
import struct
import sys
import threading

import gssapi

SETTINGS = json.loads(sys.argv[1])
FAULT = SETTINGS.get("fault", "none")
AFTER = SETTINGS.get("after", 0)
# Neither tokens nor wrapping: the same service for comparison.
BARE = SETTINGS.get("bare", False)
LOCK = threading.Lock()
gssapi.SecurityContext.__DEFER_STEP_ERRORS__ = False
PIECE = 60_000
PAGE = b'<!doctype html><title>Ledger</title><form method="post" action="/save"><input name="note"></form>'


def say(**event):
    with LOCK:
        print(json.dumps(event), flush=True)


class Connection:
    def __init__(self, stream):
        self.stream = stream
        self.file = stream.makefile("rb")
        self.context = None
        self.plain = bytearray()
        self.answers = 0
        self.last = b""

    def frame(self):
        header = self.file.read(4)
        if len(header) < 4:
            return None
        return self.file.read(struct.unpack("!I", header)[0])

    def give(self, content):
        self.stream.sendall(struct.pack("!I", len(content)) + content)

    def begin(self):
        """The tokens. Returns whether the connection goes on."""
        if BARE:
            return True
        token = self.frame()
        if token is None:
            return False
        say(token=len(token))
        if FAULT == "hang-up":
            return False
        if FAULT == "no-key":
            reply = bytes.fromhex("6f5a3058a003020105a10302010fa24c304aa003020112a2430441") + os.urandom(65)
            self.give(bytes.fromhex("60") + bytes([len(reply) + 13]) + bytes.fromhex("06092a864886f71201020202 00".replace(" ", "")) + reply)
            return True
        if FAULT == "echo-token":
            self.give(token)
            return True
        if FAULT == "empty-token":
            self.stream.sendall(struct.pack("!I", 0))
            return True
        if FAULT == "huge-token":
            self.stream.sendall(struct.pack("!I", 1 << 20) + b"\0" * 4096)
            return True
        if FAULT == "web-server":
            self.stream.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return True
        credentials = gssapi.Credentials(usage="accept", store={"keytab": SETTINGS["keytab"]})
        context = gssapi.SecurityContext(creds=credentials, usage="accept")
        try:
            reply = context.step(token)
        except gssapi.exceptions.GSSError as error:
            say(refused=str(error))
            if getattr(error, "token", None):
                self.give(error.token)
            return False
        say(user=str(context.initiator_name), delegated=context.delegated_creds is not None)
        self.context = context
        if FAULT == "flip-token":
            reply = reply[:-20] + bytes([reply[-20] ^ 1]) + reply[-19:]
        if FAULT == "cut-token":
            self.stream.sendall(struct.pack("!I", len(reply)) + reply[:-8])
            return False
        self.give(reply)
        return True

    def read_more(self):
        if BARE:
            octets = self.stream.recv(65_536)
            self.plain += octets
            return len(octets) > 0
        message = self.frame()
        if message is None:
            return False
        if self.context is None:
            say(unwrapped=len(message))
            return False
        self.last = message
        wrapped = self.context.unwrap(message)
        if not wrapped.encrypted:
            say(signed=len(message))
        self.plain += wrapped.message
        return True

    def request(self):
        while b"\r\n\r\n" not in self.plain:
            if not self.read_more():
                return None
        head, _, rest = bytes(self.plain).partition(b"\r\n\r\n")
        lines = head.decode("latin1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        length = int(fields.get("content-length", "0"))
        self.plain = bytearray(rest)
        while len(self.plain) < length:
            if not self.read_more():
                return None
        body, self.plain = bytes(self.plain[:length]), self.plain[length:]
        method, path, _ = lines[0].split(" ")
        return method, path, body

    def serve(self):
        if not self.begin():
            return
        while True:
            request = self.request()
            if request is None:
                return
            method, path, body = request
            say(request=method + " " + path, body=len(body))
            status, content = 200, PAGE
            if path.startswith("/octets/"):
                content = b"x" * int(path[8:])
            elif path == "/count":
                content = str(len(body)).encode()
            elif method == "POST":
                content = body
            if FAULT == "forbidden":
                status = 403
            head = "HTTP/1.1 %d Answer\r\nContent-Type: text/html\r\n" % status
            length = "" if FAULT == "until-close" else "Content-Length: %d\r\n" % len(content)
            self.answers += 1
            answer = (head + length + "\r\n").encode() + (b"" if method == "HEAD" else content)
            if self.answers <= AFTER:
                self.send(answer)
            elif not self.strange(answer):
                return

    def wrap(self, plain, encrypt=True):
        return self.context.wrap(plain, encrypt).message

    def send(self, answer, encrypt=None):
        if BARE:
            self.stream.sendall(answer)
            return
        secret = SETTINGS.get("encrypts", True) if encrypt is None else encrypt
        for at in range(0, len(answer), PIECE):
            self.give(self.wrap(answer[at : at + PIECE], secret))

    def strange(self, answer):
        """An answer with the fault. Returns whether the connection goes on."""
        half = len(answer) // 2
        if FAULT == "signed":
            self.send(answer, False)
        elif FAULT == "framed-plain":
            self.give(answer)
        elif FAULT == "bare-plain":
            self.stream.sendall(answer)
        elif FAULT == "replay":
            message = self.wrap(answer[:half])
            self.give(message)
            self.give(message)
        elif FAULT == "out-of-order":
            first, second = self.wrap(answer[:half]), self.wrap(answer[half:])
            self.give(second)
            self.give(first)
        elif FAULT == "gap":
            self.wrap(b"lost")
            self.send(answer)
        elif FAULT == "flip":
            message = bytearray(self.wrap(answer))
            message[-10] ^= 1
            self.give(bytes(message))
        elif FAULT == "echo":
            self.give(self.last)
        elif FAULT == "mic":
            self.give(self.context.get_signature(answer))
        elif FAULT == "cut":
            message = self.wrap(answer)
            self.stream.sendall(struct.pack("!I", len(message)) + message[:-10])
            return False
        elif FAULT == "cut-between":
            self.give(self.wrap(answer[:half]))
            return False
        elif FAULT == "empty":
            self.stream.sendall(struct.pack("!I", 0))
        elif FAULT == "huge":
            self.stream.sendall(struct.pack("!I", 1 << 21))
        elif FAULT == "until-close":
            self.send(answer)
            return False
        else:
            self.send(answer)
        return True


def serve(raw, peer):
    try:
        Connection(raw).serve()
        raw.shutdown(socket.SHUT_WR)
        # The client's end is awaited: a reset would take back what was sent.
        while raw.recv(65_536):
            pass
    except (OSError, gssapi.exceptions.GSSError) as error:
        say(ended=str(error), peer=peer)
    except Exception as error:  # What this service gets wrong by itself must be seen in the test.
        say(broken=repr(error))
    finally:
        raw.close()


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    say(port=listener.getsockname()[1])
    while True:
        raw, (_, peer) = listener.accept()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(raw, peer), daemon=True).start()


main()
