"""HTTP: uvicorn's own protocol, with a short way for small requests for predictions.

Most requests are a row or a few, which are predicted in less time than a task of the event loop and ASGI's messages
take. Such a request is gathered here and answered as soon as it is whole. All others, and these where anything is
unusual, go uvicorn's way.
"""

from typing import cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from serving.app import App


class Protocol(HttpToolsProtocol):
    """One connection."""

    _gathered: bytes | None = None
    """of a request that goes the short way what has come of its body"""
    _ending = False

    def on_headers_complete(self) -> None:
        """Choose the way."""
        if self._is_short():
            self._gathered = b""
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Gather."""
        if self._gathered is None:
            super().on_body(body)
        else:
            self._gathered += body

    def on_message_complete(self) -> None:
        """Answer."""
        if self._gathered is None:
            super().on_message_complete()
            return
        body, self._gathered = self._gathered, None
        status, answer, content_type = cast(App, self.app).predict(dict(self.headers), body)
        close = b"connection: close\r\n" if self._ending else b""
        head = b"%bcontent-type: %b\r\ncontent-length: %d\r\n%b\r\n"
        self.transport.write(head % (STATUS_LINE[status], content_type.encode(), len(answer), close) + answer)
        if self._ending:
            self.transport.close()
        self.on_response_complete()

    def shutdown(self) -> None:
        """The server ends: the request that is under way is this connection's last."""
        if self._gathered is None:
            super().shutdown()
        else:
            self._ending = True

    def _is_short(self) -> bool:
        """Whether a request is small, for predictions, and the only one under way on a connection that stays."""
        parser = self.parser
        return (
            self.url == b"/invocations"
            and parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
            and not self.expect_100_continue
            and (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and not self.transport.is_closing()
            and cast(App, self.app).is_small(self._length(), dict(self.headers))
        )

    def _length(self) -> int | None:
        """The body's length in bytes, None if it is not told at the beginning."""
        return next((int(value) for name, value in self.headers if name == b"content-length"), None)
