"""A slow way to a broker: a TCP port in front of its socket that lets each piece wait."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path


class SlowBroker:
    """Listens on a port of 127.0.0.1 and passes everything on, each piece `delay` seconds later."""

    def __init__(self, port: int, socket: Path) -> None:
        self.port, self.socket, self.delay = port, socket, 0.0
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True).start()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._joined, "127.0.0.1", self.port)
        async with server:
            await server.serve_forever()

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_unix_connection(str(self.socket))
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass(reader, inner_writer), self._pass(inner_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(65_536):
                await asyncio.sleep(self.delay)
                writer.write(piece)
                await writer.drain()
        writer.close()
