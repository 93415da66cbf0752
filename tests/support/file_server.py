"""A web server on this machine that gives out a few files, with ranges, and misbehaves on request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """What is given out, how, and what was asked for. Tests change the fields while the server runs."""

    files: dict[str, bytes]
    url: str = ""
    ranges: bool = True  # whether it knows how to resume
    announce: bool = True  # whether it says how long a file is
    break_after: list[int] = field(default_factory=list)  # for each coming answer: bytes to send before hanging up
    failures: list[int] = field(default_factory=list)  # for each coming request: an HTTP status to answer with
    chunk_gate: threading.Semaphore | None = None  # a release lets one chunk of 1,000 bytes pass
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # (path, Range header)


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[FileServer]:
    server = FileServer(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span = self.headers.get("Range")
            server.asked.append((self.path, span))
            if server.failures:
                self.send_error(server.failures.pop(0))
                return
            content = server.files.get(self.path.lstrip("/"))
            if content is None:
                self.send_error(404)
                return
            start = int(span.removeprefix("bytes=").rstrip("-")) if span and server.ranges else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            if server.announce:
                self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.send_body(content[start:])

        def send_body(self, body: bytes) -> None:
            body = body[: server.break_after.pop(0)] if server.break_after else body
            for first in range(0, len(body), 1000):
                if server.chunk_gate:
                    server.chunk_gate.acquire()
                try:
                    self.wfile.write(body[first : first + 1000])
                except OSError:  # the client has gone away
                    return

        def log_message(self, format: str, *args: object) -> None:
            pass

    http_server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http_server.server_port}/"
    thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        if server.chunk_gate:
            server.chunk_gate.release(1_000_000)
        http_server.shutdown()
        http_server.server_close()
        thread.join()
