"""A real MLLP listener (hl7.mllp, asyncio) in its own thread, answering as a test wants it to."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import hl7
from hl7.mllp import start_hl7_server

from outbox_peers import free_port

CODECS = {"UNICODE UTF-8": "utf-8", "GB 18030-2000": "gb18030", "8859/1": "latin-1"}


@dataclass
class Listener:
    port: int
    blocks: list[bytes]

    def message(self, charset: str = "UNICODE UTF-8") -> hl7.Message:
        return hl7.parse(self.blocks[-1].decode(CODECS[charset]))


def acknowledge(block: bytes, code: str, *, control_id: str | None = None, error: str = "") -> bytes:
    fields = block.split(b"\r")[0].split(b"|")
    msa = f"MSA|{code}|".encode() + (fields[9] if control_id is None else control_id.encode())
    err = f"\rERR|||{error}^x^HL70357|E||||张三".encode() if error else b""
    return b"MSH|^~\\&|RIS||||20260101||ACK|1|P|2.5.1\r" + msa + err + b"\r"


@contextmanager
def listening(
    answer: Callable[[bytes], bytes | None] = lambda block: acknowledge(block, "AA"),
    *,
    tls: ssl.SSLContext | None = None,
    slow: bool = False,
) -> Iterator[Listener]:
    """An hl7.mllp server in its own thread; *answer* gives the acknowledgement, or None to hang up."""
    listener = Listener(free_port(), [])
    loop = asyncio.new_event_loop()
    ready, stop = Event(), asyncio.Event()

    async def converse(reader: Any, writer: Any) -> None:
        try:
            block = await reader.readblock()
            listener.blocks.append(block)
            said = answer(block)
            if said is not None and slow:
                for byte in b"\x0b" + said + b"\x1c\r":
                    writer.write(bytes([byte]))
                    await writer.drain()
            elif said is not None:
                writer.writeblock(said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def serve() -> None:
        server = await start_hl7_server(converse, "127.0.0.1", listener.port, limit=2**26, ssl=tls)
        async with server:
            ready.set()
            await stop.wait()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = Thread(target=run)
    thread.start()
    assert ready.wait(30)
    try:
        yield listener
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
