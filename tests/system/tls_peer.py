"""Python's ssl as a client: asks several times over one connection and over resumed ones.

usage: tls_peer.py PORT CA VERSION AUTHORIZATION [CERTIFICATE KEY]
Prints what happened, one line each, for the test to compare.
"""
import socket
import ssl
import sys

port, ca, version, authorization = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
context = ssl.create_default_context(cafile=ca)
context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
context.set_alpn_protocols(["h2", "http/1.1"])
if len(sys.argv) > 5:
    context.load_cert_chain(sys.argv[5], sys.argv[6])


def request(body):
    return (f"POST /introspect HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def answer(connection):
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(4096)
        if not part:
            raise SystemExit(f"ended after {received!r}")
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(next(line.split(b":")[1] for line in head.split(b"\r\n")
                      if line.lower().startswith(b"content-length")))
    while len(body) < length:
        body += connection.recv(4096)
    return head.split(b" ")[1].decode(), body.decode()


session = None
for _ in range(3):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as connection:
            for _ in range(2):
                connection.sendall(request("token=unknown"))
                print(*answer(connection))
            connection.sendall(request("token=unknown") * 20)  # pipelined
            received = b""
            while received.count(b'{"active":false}') < 20:
                received += connection.recv(65536)
            session = connection.session
            print(connection.version(), connection.selected_alpn_protocol(),
                  "resumed" if connection.session_reused else "new")
