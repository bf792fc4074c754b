"""Servers on loopback that answer as no good server would: each connection is handed to a function of the test."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# Reads the request (all that came up to the blank line) and answers on the socket.
Answer = Callable[[socket.socket, bytes], None]


class OddServer:
    """Listens on `host`, keeps the heads of all requests in `seen`, and runs `answer` for each connection."""

    def __init__(self, answer: Answer, host: str, port: int, tls: ssl.SSLContext | None, waits: bool) -> None:
        self._waits = waits
        self.answer, self.seen, self.connections = answer, list[bytes](), 0
        self._tls, self._open = tls, set[socket.socket]()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._sock = socket.socket(family, socket.SOCK_STREAM)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._sock.bind((host, port))
        self._sock.listen(64)
        self.host, self.port = host, int(self._sock.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def url(self, path: str = "/", scheme: str = "http") -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}{path}"

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._sock.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(sock)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, raw: socket.socket) -> None:
        sock = raw
        with suppress(OSError, ValueError):
            try:
                if self._tls is not None:
                    sock = self._tls.wrap_socket(raw, server_side=True)
                    self._open.add(sock)
                head = b""
                while self._waits and b"\r\n\r\n" not in head and (piece := sock.recv(65536)):
                    head += piece
                if head or not self._waits:
                    self.seen.append(head)
                    self.answer(sock, head)
            finally:
                sock.close()
                raw.close()

    def close(self) -> None:
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        for sock in list(self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)


@contextmanager
def odd_server(
    answer: Answer,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    waits: bool = True,
) -> Iterator[OddServer]:
    """With `waits=False` it answers before it was asked."""
    server = OddServer(answer, host, port, tls, waits)
    try:
        yield server
    finally:
        server.close()


def says(status: str = "200 OK", body: bytes = b"", **headers: str) -> Answer:
    """Always the same well-formed answer. `content_type="…"` becomes the header `content-type`."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    text = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

    def answer(sock: socket.socket, head: bytes) -> None:
        sock.sendall(text)

    return answer


def certificate(directory: Path, *names: str) -> Path:
    """A self-signed certificate for these host names and addresses, with its key, as one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.UTC)
    alternatives = [_alternative(name) for name in names]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{names[0]}.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def server_tls(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
