"""Imports that are meant to hurt: refused at little cost, and the server goes on."""

import contextlib
import gzip
import io
import os
import socket
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.support.importing import CONFIG
from tests.support.odd_servers import odd_server
from tests.support.process import ServerProcess

MIB = 1024 * 1024
LIMIT = 32 * MIB  # bytes of a request
CPU_SECONDS = 2.0
WALL_SECONDS = 15.0  # the machine may be busy with other things
GROWTH = 150 * MIB


class Victim:
    """A server in a process of its own, and what it costs to ask it something."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.http = httpx2.Client(base_url=server.url, timeout=60)
        answer = self.http.post("/api/projects", json={"title": "Hostile", "label_config": CONFIG})
        self.project = answer.json()["id"]
        self.path = f"/api/projects/{self.project}/import"

    def cpu(self) -> float:
        """Seconds that the process and its ended children have worked."""
        fields = Path(f"/proc/{self.server.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def anonymous(self) -> int:
        """Bytes of memory that no file stands for."""
        for line in Path(f"/proc/{self.server.process.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no RssAnon")


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    directory = tmp_path_factory.mktemp("hostile")
    environment = {
        "LABELYARD_MAX_IMPORT_BYTES": str(LIMIT),
        "LABELYARD_MAX_UNPACKED_BYTES": str(4 * LIMIT),
        "LABELYARD_OUTBOUND_ALLOW": "127.0.0.1",
    }
    # What it costs is measured, so it shares its memory with no other process.
    server = ServerProcess(["--data-dir", str(directory / "data")], cwd=directory, env=environment, cold=True)
    try:
        server.wait_ready()
        made = Victim(server)
        with contextlib.closing(made.http):
            made.http.post(made.path, json=[{"text": "warm"}])
            yield made
    finally:
        server.kill()


class Cost:
    """Watches the server while something is asked of it."""

    def __init__(self, victim: Victim) -> None:
        self.victim = victim
        self.peak = 0
        self._over = threading.Event()

    def __enter__(self) -> "Cost":
        self.before, self.began = self.victim.cpu(), time.monotonic()
        self.start = self.victim.anonymous()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.peak = max(self.peak, self.victim.anonymous())

    def __exit__(self, *error: Any) -> None:
        self._over.set()
        self._thread.join()
        if error[0] is None:
            assert self.victim.cpu() - self.before < CPU_SECONDS
            assert time.monotonic() - self.began < WALL_SECONDS
            assert self.peak - self.start < GROWTH, f"{(self.peak - self.start) / MIB:.0f} MiB"
            assert self.victim.http.get("/health").status_code == 200
            assert self.victim.http.post(self.victim.path, json=[{"text": "fine"}]).status_code == 201


def zipped(*members: tuple[str, bytes], level: int = 9) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


def deflated(mib: int, wbits: int = 31) -> bytes:
    """Zeros, many MiB of them, as gzip."""
    packer = zlib.compressobj(9, wbits=wbits)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(mib)) + packer.flush()


def workbook(sheet: bytes) -> bytes:
    head = b'<?xml version="1.0"?>'
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = b"http://schemas.openxmlformats.org/package/2006/relationships"
    office = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kinds = b"application/vnd.openxmlformats-officedocument.spreadsheetml"
    return zipped(
        ("[Content_Types].xml", head + b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
         b'<Default Extension="xml" ContentType="application/xml"/>'
         b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
         b'<Override PartName="/xl/workbook.xml" ContentType="' + kinds + b'.sheet.main+xml"/>'
         b'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="' + kinds + b'.worksheet+xml"/></Types>'),
        ("_rels/.rels", head + b'<Relationships xmlns="' + relations + b'"><Relationship Id="rId1" Type="' + office
         + b'/officeDocument" Target="xl/workbook.xml"/></Relationships>'),
        ("xl/workbook.xml", head + b'<workbook xmlns="' + main + b'" xmlns:r="' + office
         + b'"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'),
        ("xl/_rels/workbook.xml.rels", head + b'<Relationships xmlns="' + relations
         + b'"><Relationship Id="rId1" Type="' + office + b'/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'),
        ("xl/worksheets/sheet1.xml", sheet),
    )  # fmt: skip


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY l0 "lol">{entities}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row></sheetData></worksheet>'
    ).encode()


BODIES = {
    "deep lists": b"[" * MIB,
    "deep objects": b'{"a":' * MIB,
    "deep and closed": b"[" * MIB + b"]" * MIB,
    "a deep value": b'[{"text":' + b"[" * MIB + b"]" * MIB + b"}]",
    "a million digits": b'[{"text": "a", "n": ' + b"7" * 1_000_000 + b"}]",
    "a huge exponent": b'[{"text": 1e999999999}]',
    "NaN": b'[{"text": NaN}]',
    "Infinity": b'[{"text": -Infinity}]',
    "a lone surrogate": b'[{"text": "\\ud800"}]',
    "surrogates the wrong way round": b'[{"text": "\\udc00\\ud800"}]',
    "NUL": b'[{"text": "\\u0000"}]',
    "a raw NUL": b'[{"text": "a\x00b"}]',
    "no UTF-8": b'[{"text": "\xc3\x28"}]',
    "overlong UTF-8": b'[{"text": "\xc0\xaf"}]',
    "never closed": b'[{"text": "' + b"a" * 8 * MIB,
    "backslashes": b'[{"text": "' + b"\\" * (4 * MIB + 1) + b'"}]',
    "commas": b"[" + b"," * MIB + b"]",
    "a million nulls": b"[" + b"null," * 249_000 + b"null]",
}


@pytest.mark.parametrize("what", BODIES)
def test_a_hostile_body(victim: Victim, what: str) -> None:
    with Cost(victim):
        answer = victim.http.post(
            victim.path, content=BODIES[what], headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 400, answer.text[:500]
        assert len(answer.content) < 200_000 and "Traceback" not in answer.text


FILES = {
    "zip slip": lambda: ("a.zip", zipped(("../../../../tmp/evil.csv", b"text\na\n"))),
    "zip with a drive": lambda: ("a.zip", zipped(("C:\\evil.csv", b"text\na\n"))),
    "zip bomb": lambda: ("a.zip", zipped(("zeros.csv", bytes(512 * MIB)))),
    "zips in zips": lambda: (
        "a.zip",
        zipped(*((f"{n}.zip", zipped(("z.csv", bytes(48 * MIB)))) for n in range(16))),
    ),
    "zips too deep": lambda: ("a.zip", zipped(("b.zip", zipped(("c.zip", zipped(("d.csv", b"text\na\n"))))))),
    "gzip bomb": lambda: ("a.json.gz", deflated(2048)),
    "gzip in gzip": lambda: ("a.json.gz.gz", gzip.compress(deflated(1024))),
    "gzip cut off": lambda: ("a.csv.gz", gzip.compress(b"text\n" + os.urandom(MIB))[:-9]),
    "many members": lambda: ("a.zip", zipped(*((f"{n}.csv", b"") for n in range(12_000)), level=0)),
    "billion laughs in a workbook": lambda: ("a.xlsx", workbook(laughs())),
    "a workbook of zeros": lambda: ("a.xlsx", workbook(b"<worksheet>" + b"<row/>" * (20 * MIB))),
    "no workbook": lambda: ("a.xlsx", b"PK\x03\x04" + os.urandom(MIB)),
    "no Parquet": lambda: ("a.parquet", b"PAR1" + os.urandom(MIB) + b"PAR1"),
    "a Parquet with a huge footer": lambda: ("a.parquet", b"PAR1" + bytes(MIB) + b"\xff\xff\xff\x7fPAR1"),
    "a million columns": lambda: (
        "a.csv",
        b"text," + b",".join(b"c%d" % n for n in range(1_000_000)) + b"\na\n",
    ),
    "a quote that never ends": lambda: ("a.csv", b'text\n"' + b"a line\n" * MIB),
    "quotes": lambda: ("a.csv", b'text\n"' + b'""' * (14 * MIB)),
    "UTF-16 cut off": lambda: ("a.csv", "text\nab\n".encode("utf-16")[:-1]),
    "binary": lambda: ("a.csv", b"text\n" + os.urandom(4 * MIB)),
    "deep JSON in a gzip": lambda: ("a.json.gz", gzip.compress(b"[" * 8 * MIB)),
    "deep JSON lines": lambda: ("a.jsonl", (b"[" * 10_000 + b"\n") * 100),
}


@pytest.mark.parametrize("what", FILES)
def test_a_hostile_file(victim: Victim, what: str) -> None:
    name, content = FILES[what]()
    assert len(content) < LIMIT
    with Cost(victim):
        answer = victim.http.post(victim.path, files=[("file", (name, content))])
        assert answer.status_code in (400, 413), answer.text[:500]
        assert len(answer.content) < 200_000 and "Traceback" not in answer.text
        assert name.partition(".")[0] in answer.text


def test_a_preview_of_a_hostile_file(victim: Victim) -> None:
    for what in ("zip bomb", "gzip bomb", "billion laughs in a workbook", "quotes", "a million columns"):
        name, content = FILES[what]()
        with Cost(victim):
            answer = victim.http.post(f"{victim.path}/preview", files=[("file", (name, content))])
            assert answer.status_code == 400 or answer.json()[0]["error"], answer.text[:300]


def test_an_xml_bomb_is_a_text_like_any_other(victim: Victim) -> None:
    with Cost(victim):
        answer = victim.http.post(victim.path, files=[("file", ("laughs.xml", laughs()))])
        assert answer.status_code == 201 and answer.json()["task_count"] == 1


def endless() -> Iterator[bytes]:
    yield b'[{"text": "'
    while True:
        yield b"a" * MIB


def test_an_endless_body_is_cut_at_the_limit(victim: Victim) -> None:
    with Cost(victim):
        try:
            answer = victim.http.post(
                victim.path, content=endless(), headers={"Content-Type": "application/json"}
            )
            assert answer.status_code == 413 and str(LIMIT) in answer.text
        except httpx2.TransportError:
            pass  # the connection was closed while more was being sent


@pytest.mark.parametrize(
    ("length", "sent"), [(10**15, b"[]"), (100, b'[{"text"'), (-5, b"[]"), (2, b'[{"text": "a"}]')]
)
def test_a_length_that_lies(victim: Victim, length: int, sent: bytes) -> None:
    with Cost(victim), socket.create_connection(("127.0.0.1", victim.server.port), timeout=5) as sock:
        head = (
            f"POST {victim.path} HTTP/1.1\r\nHost: localhost:{victim.server.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )
        sock.sendall(head.encode() + sent)
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
        status = int(answer.split(b" ", 2)[1]) if answer else 0
        assert status in (0, 400, 413, 408), answer[:300]


@pytest.mark.parametrize("way", ["for ever", "a lying length", "a bomb", "nothing but silence"])
def test_an_address_that_gives(victim: Victim, way: str) -> None:
    def serve(sock: socket.socket, head: bytes) -> None:
        if way == "for ever":
            sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                sock.sendall(b"a" * 65536)
        if way == "a lying length":
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n[]")
        if way == "a bomb":
            body = deflated(512)
            sock.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
        if way == "nothing but silence":
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            sock.shutdown(socket.SHUT_RDWR)

    with odd_server(serve) as site, Cost(victim):
        answer = victim.http.post(victim.path, data={"url": f"http://127.0.0.1:{site.port}/a.json"})
        assert answer.status_code == 400 and str(site.port) in answer.text, answer.text


def test_forms_that_are_too_much(victim: Victim) -> None:
    with Cost(victim):
        many = victim.http.post(victim.path, data={f"f{n}": "x" for n in range(20_000)})
        assert many.status_code in (400, 413)
    with Cost(victim):
        parts = b"".join(
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="%d.csv"\r\n\r\ntext\na\n\r\n' % n
            for n in range(6_000)
        )
        files = victim.http.post(
            victim.path,
            content=parts + b"--b--\r\n",
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )
        assert files.status_code == 400 and "1000 files" in files.text


def test_nothing_is_left_of_all_that(victim: Victim) -> None:
    """The last test of this module."""
    spool = Path(victim.server.log).parent / "data" / "spool"
    assert list(spool.glob("import-*")) == []
    assert not Path("/tmp/evil.csv").exists()
