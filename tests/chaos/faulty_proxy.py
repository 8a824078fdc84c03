"""An HTTP proxy before an object store, which now and then answers wrongly, late, in part or not at all."""

import http.client
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_TROUBLES = ("500", "503", "slow", "dropped", "torn", "done_but_500")
_HOP = ("transfer-encoding", "connection", "content-length", "server", "date")


class FaultyProxy:
    """Passes requests on to a server of this machine, until it is asked for trouble."""

    def __init__(self, place: str) -> None:
        """``place`` is ``host:port`` of the server."""
        self.place = place
        self._troubles: list[str] = []
        self._lock = threading.Lock()
        # The server of moto takes one request at a time.
        self.turn = threading.Lock()

    def trouble(self, number: int, seed: int) -> None:
        """Give so many of the next requests trouble."""
        rng = random.Random(seed)
        kind = rng.choice([*_TROUBLES, None])
        with self._lock:
            self._troubles += [kind or rng.choice(_TROUBLES) for _ in range(number)]

    def end_trouble(self) -> None:
        """Be a good proxy from now on."""
        with self._lock:
            self._troubles.clear()

    def next_trouble(self) -> str:
        """What the next request meets; empty for nothing."""
        with self._lock:
            return self._troubles.pop() if self._troubles else ""


@contextmanager
def faulty_proxy(place: str) -> Iterator[tuple[FaultyProxy, str]]:
    """Serve a proxy; yields it and its own place."""
    proxy = FaultyProxy(place)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self._body()
            trouble = proxy.next_trouble()
            if trouble == "slow":
                time.sleep(1.5)
            if trouble in ("500", "503"):
                return self._answer(int(trouble), {}, b"")
            if trouble == "dropped":
                return self._drop()
            with proxy.turn:
                connection = http.client.HTTPConnection(proxy.place, timeout=60)
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP[:2]}
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
            if trouble == "done_but_500":
                return self._answer(500, {}, b"")
            found = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
            return self._answer(answer.status, found | {"Content-Length": length or "0"}, content, trouble == "torn")

        def _body(self) -> bytes:
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)

        def _answer(self, status: int, headers: dict[str, str], content: bytes, is_torn: bool = False) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content[: len(content) // 2] if is_torn else content)
            if is_torn:
                self._drop()

        def _drop(self) -> None:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(2)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *arguments: None  # type: ignore[method-assign,assignment]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy, f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
