"""The JSON of an edit, with its pictures encoded while it is sent."""

import base64
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO, Self

from studio.imageapi.messages import Source

# Divisible by 3: the pieces' base64 joins without padding in between
PIECE = 48 * 1024


@dataclass(frozen=True, slots=True)
class _Picture:
    """An open file between the JSON that stands before it and behind it."""

    lead: bytes
    file: BinaryIO
    size: int

    def __len__(self) -> int:
        return len(self.lead) + 4 * -(-self.size // 3) + 1

    def __iter__(self) -> Iterator[bytes]:
        yield self.lead
        left = self.size
        while left:
            piece = self.file.read(min(PIECE, left))
            if not piece:
                raise OSError("a picture became shorter while it was sent")
            left -= len(piece)
            yield base64.b64encode(piece)
        yield b'"'


class EditBody:
    """A request body of known length whose pictures are never held whole; usable once, within `with`.

    The files are opened at once, so that a missing one shows (OSError) before anything is sent.
    """

    def __init__(self, fields: Mapping[str, object], sources: Sequence[Source]) -> None:
        self._head = json.dumps(fields)[:-1].encode() + b', "images": ['
        self._files = ExitStack()
        with ExitStack() as opened:
            self._pictures = [self._open(source, opened, first=not n) for n, source in enumerate(sources)]
            self._files = opened.pop_all()

    @staticmethod
    def _open(source: Source, opened: ExitStack, *, first: bool) -> _Picture:
        file = opened.enter_context(source.path.open("rb"))
        lead = json.dumps(f"data:{source.mime};base64,")[:-1].encode()
        return _Picture(lead if first else b", " + lead, file, os.fstat(file.fileno()).st_size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def __len__(self) -> int:
        return len(self._head) + sum(map(len, self._pictures)) + len(b"]}")

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        for picture in self._pictures:
            yield from picture
        yield b"]}"
