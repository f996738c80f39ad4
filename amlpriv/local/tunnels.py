"""The open tunnel of a CONNECT proxy."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

__all__ = ["CHUNK", "Tunnel"]

CHUNK = 64 * 1024
"""Bytes that are read at once."""


class Tunnel:
    """Carries bytes both ways, each way in its own thread, so that neither can hold up the other."""

    def __init__(self, client: socket.socket, server: socket.socket, idle: float) -> None:
        self._client = client
        self._server = server
        self._idle = idle
        self._moved = time.monotonic()

    def run(self) -> None:
        """Carry until both sides have ended, or nothing has moved for ``idle`` seconds."""
        for side in (self._client, self._server):
            side.settimeout(self._idle)
        back = threading.Thread(target=self._carry, args=(self._server, self._client), daemon=True)
        back.start()
        self._carry(self._client, self._server)
        back.join()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := self._receive(source):
                sink.sendall(data)
                self._moved = time.monotonic()
            sink.shutdown(socket.SHUT_WR)  # the other direction may go on: a half-closed connection
        except OSError:
            for side in (source, sink):
                with contextlib.suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)

    def _receive(self, source: socket.socket) -> bytes:
        while True:
            try:
                return source.recv(CHUNK)
            except TimeoutError:
                if time.monotonic() - self._moved >= self._idle:
                    raise
