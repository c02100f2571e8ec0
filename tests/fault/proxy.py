"""A bad line: a TCP proxy in a thread that delays, swallows, resets and cuts what goes through it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Self

_CHUNK = 65_536


class FaultProxy:
    """Listens on the loopback and passes on to a server, as badly as it is told to.

    Attributes:
        port: where it listens.
        delay_s: by which everything from the server comes later.
        is_silent: nothing passes, in either direction, and nobody is told; what was held passes when it ends.
        refuses: who comes is reset at once.
        cut_after: bytes from the server after which a connection is reset; None = never.
        taken: connections so far.
    """

    def __init__(self, host: str, port: int) -> None:
        """`host`: an address, or the path of a unix socket's folder as PostgreSQL has it."""
        self._host, self._port = host, port
        self.delay_s, self.is_silent, self.refuses, self.cut_after, self.taken = 0.0, False, False, None, 0
        self._lines: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])

    def heal(self) -> None:
        """All is well from now on."""
        self.delay_s, self.is_silent, self.refuses, self.cut_after = 0.0, False, False, None

    def reset(self) -> int:
        """Resets every connection there is, as a router does that was restarted; returns how many."""
        return self._run(self._reset_all())

    def close(self) -> None:
        """Ends it with all its connections."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _end(self) -> None:
        self._server.close()
        await self._reset_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _reset_all(self) -> int:
        count = len(self._lines) // 2
        for line in list(self._lines):
            _reset(line)
        return count

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.taken += 1
        if self.refuses:
            _reset(writer)
            return
        try:
            upstream = await self._connect()
        except OSError:
            _reset(writer)
            return
        self._lines |= {writer, upstream[1]}
        try:
            await asyncio.gather(
                self._pump(reader, upstream[1], is_reply=False), self._pump(upstream[0], writer, is_reply=True)
            )
        finally:
            for line in (writer, upstream[1]):
                self._lines.discard(line)
                line.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._host.startswith("/"):
            return await asyncio.open_unix_connection(str(Path(self._host) / f".s.PGSQL.{self._port}"))
        return await asyncio.open_connection(self._host, self._port)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_reply: bool) -> None:
        """Two tasks: what comes is stamped at once, so that a delay is a latency and no throttle."""
        coming: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        with contextlib.suppress(OSError):
            await asyncio.gather(self._take(reader, coming, is_reply), self._give(writer, coming, is_reply))

    async def _take(
        self, reader: asyncio.StreamReader, coming: asyncio.Queue[tuple[float, bytes]], is_reply: bool
    ) -> None:
        chunk = b"-"
        while chunk:
            try:
                chunk = await reader.read(_CHUNK)
            except OSError:
                chunk = b""
            await coming.put((time.monotonic() + (self.delay_s if is_reply else 0), chunk))

    async def _give(
        self, writer: asyncio.StreamWriter, coming: asyncio.Queue[tuple[float, bytes]], is_reply: bool
    ) -> None:
        given = 0
        while (item := await coming.get())[1]:
            due_at, chunk = item
            await asyncio.sleep(max(0.0, due_at - time.monotonic()))
            while self.is_silent:
                await asyncio.sleep(0.02)
            if is_reply and self.cut_after is not None and given + len(chunk) > self.cut_after:
                writer.write(chunk[: max(0, self.cut_after - given)])
                await writer.drain()
                await self._reset_all()
                return
            given += len(chunk)
            writer.write(chunk)
            await writer.drain()
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """RST where the transport can: no goodbye that could be taken for an orderly end."""
    found = writer.get_extra_info("socket")
    if found is not None and found.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
