"""The other side of a security context by python3-gssapi, driven line by line.

argv[1] is the keytab. Each line of standard input is one JSON call; each answer is one JSON line. Octets are base64.
An implementation of its own: nothing here comes from the client under test.
"""
import base64
import json
import sys

import gssapi
from gssapi.raw import ChannelBindings

gssapi.SecurityContext.__DEFER_STEP_ERRORS__ = False
context = None


def octets(text):
    return None if text is None else base64.b64decode(text)


def answer(call):
    global context
    if call["kind"] == "accept":
        bound = octets(call.get("binding"))
        context = gssapi.SecurityContext(
            creds=gssapi.Credentials(usage="accept", store={"keytab": sys.argv[1]}),
            usage="accept",
            channel_bindings=None if bound is None else ChannelBindings(application_data=bound),
        )
        token = context.step(octets(call["token"]))
        return {"token": base64.b64encode(token or b"").decode(), "flags": int(context.actual_flags)}
    if call["kind"] == "wrap":
        wrapped = context.wrap(octets(call["message"]), call["confidential"])
        return {"message": base64.b64encode(wrapped.message).decode(), "confidential": wrapped.encrypted}
    plain = context.unwrap(octets(call["message"]))
    return {"message": base64.b64encode(plain.message).decode(), "confidential": plain.encrypted}


for line in sys.stdin:
    try:
        print(json.dumps(answer(json.loads(line))), flush=True)
    except gssapi.exceptions.GSSError as error:
        print(json.dumps({"error": str(error)}), flush=True)
