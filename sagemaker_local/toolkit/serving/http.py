"""The container's HTTP: ``/ping``, ``/invocations`` and ``/execution-parameters``."""

from __future__ import annotations

import json
import logging
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .service import InferenceError, Service

log = logging.getLogger(__name__)


class Server(ThreadingHTTPServer):
    """Serves one model, one invocation at a time: neither scripts nor libraries are known to stand more."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, port: int, service: Service) -> None:
        self.service = service
        self.busy = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is one packet, not one for its head and one for its body

    def do_GET(self) -> None:
        if self.path == "/ping":
            self._answer(200, b"")
            return
        parameters = self.server.service.execution_parameters() if self.path == "/execution-parameters" else None
        if parameters is None:
            self._answer(404, b"")
        else:
            self._answer(200, json.dumps(parameters).encode(), "application/json")

    def do_POST(self) -> None:
        body = self._body()
        if self.path != "/invocations":
            self._answer(404, b"")
            return
        kind, _, _ = self.headers.get("Content-Type", "").partition(";")
        try:
            with self.server.busy:
                answer = self.server.service.invoke(body, kind.strip().lower(), self.headers.get("Accept", ""))
        except InferenceError as error:
            self._fail(error.status, str(error))
        except Exception as error:
            self._fail(500, f"{error}\n{traceback.format_exc()}")
        else:
            self._answer(200, answer.body, answer.content_type)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(parts)

    def _fail(self, status: int, text: str) -> None:
        log.error("%s", text)
        self._answer(status, text.encode(), "text/plain")

    def _answer(self, status: int, body: bytes, content_type: str | None = None) -> None:
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        if self.path != "/ping":  # which comes every few seconds for as long as the container lives
            log.info('"%s" %s', self.requestline, args[1] if len(args) > 1 else "")
