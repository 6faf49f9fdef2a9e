"""An HTTPS server that accepts Kerberos by python3-gssapi and does one thing wrong where it is told to.

Takes its settings as JSON in argv[1]; prints its port, then one JSON line for each request and for each event.
An implementation of its own: nothing here comes from the client under test.
"""
import base64
import hashlib
import json
import os
import socket
import ssl
import sys
import threading

import gssapi
from gssapi.raw import ChannelBindings

SETTINGS = json.loads(sys.argv[1])
FAULT = SETTINGS.get("fault", "none")
ENFORCES = SETTINGS.get("enforces", True)
MODE = SETTINGS.get("mode", "connection")
LOCK = threading.Lock()
# Errors are wanted at once, with the token that tells of them.
gssapi.SecurityContext.__DEFER_STEP_ERRORS__ = False
# GSS_C_CHANNEL_BOUND_FLAG of MIT Kerberos 1.19.
CHANNEL_BOUND = 2048
KEPT = []
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def say(**event):
    with LOCK:
        print(json.dumps(event), flush=True)


def certificate_der():
    with open(SETTINGS["certificate"], encoding="ascii") as file:
        return ssl.PEM_cert_to_DER_cert(file.read().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n")


def bindings():
    if not ENFORCES:
        return None
    return ChannelBindings(application_data=b"tls-server-end-point:" + hashlib.sha256(certificate_der()).digest())


def credentials(keytab):
    return gssapi.Credentials(usage="accept", store={"keytab": keytab})


def accept(token, keytab=None):
    """Returns (answer, initiator, delegated, error)."""
    context = gssapi.SecurityContext(
        creds=credentials(keytab or SETTINGS["keytab"]), usage="accept", channel_bindings=bindings()
    )
    try:
        answer = context.step(token)
    except gssapi.exceptions.GSSError as error:
        return getattr(error, "token", None), None, False, str(error)
    if ENFORCES and not int(context.actual_flags) & CHANNEL_BOUND:
        return None, None, False, "not bound to a channel"
    return answer, str(context.initiator_name), context.delegated_creds is not None, None


def flipped(token, place):
    changed = bytearray(token)
    changed[place if place >= 0 else len(changed) + place] ^= 1
    return bytes(changed)


def strange(token):
    """What this server makes of its own answer."""
    if FAULT == "truncate":
        return token[:-8]
    if FAULT == "flip-next":
        # One octet after the other, one with each token; then the answer as it is.
        place = len(SETTINGS_ECHO) - 1
        return flipped(token, place) if place < len(token) else token
    if FAULT == "append":
        return token + b"\0"
    if FAULT == "replay":
        KEPT.append(token)
        return KEPT[0]
    if FAULT == "oversize":
        return token + b"\0" * 22_000
    if FAULT == "raw-zero":
        return b"\0" * len(token)
    if FAULT == "echo":
        return SETTINGS_ECHO[-1]
    if FAULT == "ntlm":
        return b"NTLMSSP\0\2\0\0\0" + b"\0" * 40
    if FAULT == "long":
        return b"\x60" + b"\x84\xff\xff\xff\xff" + token
    return token


SETTINGS_ECHO = []


def answer_fields(token):
    """The WWW-Authenticate fields with the server's token."""
    if FAULT == "strip":
        return []
    text = base64.b64encode(strange(token)).decode()
    if FAULT == "not-base64":
        text = "*" + text[1:]
    line = "WWW-Authenticate: Negotiate " + text
    if FAULT == "several":
        return [line, line]
    if FAULT == "list":
        return [line + ', Basic realm="x"']
    if FAULT == "empty":
        return ["WWW-Authenticate: Negotiate"]
    if FAULT == "authentication-info":
        return ["Authentication-Info: Negotiate " + text]
    if FAULT == "other-scheme":
        return ["WWW-Authenticate: Kerberos " + text]
    return [line]


class Connection:
    def __init__(self, stream):
        self.stream = stream
        self.file = stream.makefile("rb")
        self.user = None

    def serve(self):
        while True:
            line = self.file.readline().decode("latin1").strip()
            if not line:
                return
            fields = {}
            while True:
                field = self.file.readline().decode("latin1").strip()
                if not field:
                    break
                name, _, value = field.partition(":")
                fields[name.strip().lower()] = value.strip()
            body = self.file.read(int(fields.get("content-length", "0")))
            method, path, _ = line.split(" ")
            self.answer(method, path, fields, body)

    def answer(self, method, path, fields, body):
        authorization = fields.get("authorization", "")
        scheme, _, text = authorization.partition(" ")
        event = {"request": method + " " + path, "body": len(body), "names": sorted(fields), "user": self.user}
        if scheme != "Negotiate":
            say(**event, token=False)
            if self.user is not None and MODE == "connection":
                return self.send(method, 200, [], fields)
            return self.send(method, 401, ["WWW-Authenticate: Negotiate"], fields)
        token = base64.b64decode(text)
        SETTINGS_ECHO.append(token)
        if FAULT == "silent":
            say(**event, token=True)
            return self.send(method, 200, [], fields)
        if FAULT == "reject":
            say(**event, token=True)
            return self.send(method, 401, ["WWW-Authenticate: Negotiate", 'WWW-Authenticate: Basic realm="x"'], fields)
        if FAULT == "impostor-without-key":
            # Knows the shape of an answer and no key.
            say(**event, token=True)
            reply = bytes.fromhex("6f5c305aa003020105a10302010fa24e304ca003020112a2450443") + os.urandom(67)
            return self.send(method, 200, ["WWW-Authenticate: Negotiate " + base64.b64encode(reply).decode()], fields)
        reply, user, delegated, error = accept(token)
        say(**event, token=True, accepted=user, delegated=delegated, error=error, reply=base64.b64encode(reply or b"").decode())
        if FAULT == "swap":
            # A genuine answer to another exchange: one that this server starts with a ticket of its own.
            reply = self.another(reply)
        if user is None:
            extra = [] if reply is None else ["WWW-Authenticate: Negotiate " + base64.b64encode(reply).decode()]
            return self.send(method, 401, extra or ["WWW-Authenticate: Negotiate"], fields)
        self.user = user
        if FAULT == "challenge-again":
            return self.send(method, 401, ["WWW-Authenticate: Negotiate " + base64.b64encode(reply).decode()], fields)
        if FAULT == "forbidden":
            return self.send(method, 403, ["WWW-Authenticate: Negotiate " + base64.b64encode(reply).decode()], fields)
        if FAULT == "later" and self.count() > SETTINGS.get("after", 2):
            return self.send(method, 200, [], fields)
        if FAULT == "later-flip" and self.count() > SETTINGS.get("after", 2):
            line = "WWW-Authenticate: Negotiate " + base64.b64encode(flipped(reply, -20)).decode()
            return self.send(method, 200, [line], fields)
        return self.send(method, 200, answer_fields(reply), fields)

    @staticmethod
    def count():
        return len(SETTINGS_ECHO)

    @staticmethod
    def another(_reply):
        name = gssapi.Name(SETTINGS["principal"], gssapi.NameType.kerberos_principal)
        creds = gssapi.Credentials(usage="initiate", store={"ccache": SETTINGS["cache"]})
        spnego = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
        context = gssapi.SecurityContext(
            name=name,
            creds=creds,
            mech=spnego,
            usage="initiate",
            flags=gssapi.RequirementFlag.mutual_authentication,
            channel_bindings=bindings(),
        )
        return accept(context.step())[0]

    def send(self, method, status, extra, fields):
        if status == 200 and fields.get("upgrade", "").lower() == "websocket":
            key = fields["sec-websocket-key"].encode()
            accept_key = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
            head = ["HTTP/1.1 101 Switching", "Connection: Upgrade", "Upgrade: websocket"]
            self.write([*head, "Sec-WebSocket-Accept: " + accept_key, *extra], b"")
            # One unmasked text frame, then whatever comes is read and thrown away.
            self.stream.sendall(b"\x81\x05hello")
            while self.stream.recv(4096):
                pass
            return
        page = b"<!doctype html><title>Acceptor</title>"
        head = ["HTTP/1.1 %d Answer" % status, "Content-Type: text/html", "Content-Length: %d" % len(page)]
        self.write([*head, *extra], b"" if method == "HEAD" else page)

    def write(self, lines, body):
        self.stream.sendall("\r\n".join(lines).encode("latin1") + b"\r\n\r\n" + body)


def serve(raw, context, peer):
    try:
        with context.wrap_socket(raw, server_side=True) as stream:
            try:
                Connection(stream).serve()
            finally:
                stream.shutdown(socket.SHUT_RDWR)
    except (OSError, ValueError) as error:
        say(ended=str(error), peer=peer)
    except Exception as error:  # What this server gets wrong by itself must be seen in the test.
        say(broken=repr(error))
    finally:
        raw.close()


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SETTINGS["certificate"], SETTINGS["key"])
    listener = socket.create_server(("127.0.0.1", 0))
    say(port=listener.getsockname()[1])
    while True:
        raw, (_, peer) = listener.accept()
        threading.Thread(target=serve, args=(raw, context, peer), daemon=True).start()


main()
