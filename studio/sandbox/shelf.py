"""Where the sandbox keeps pictures: what came with an order, what was drawn, what was drawn ahead."""

import shutil
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from studio.sandbox.pictures import Picture, render


class Shelf:
    """The picture files of one world. A file under its final name is whole."""

    def __init__(self, folder: Path) -> None:
        self._sources = folder / "sources"
        self._drawn = folder / "drawn"
        self._ahead = folder / "ahead"
        self._drawing = threading.Lock()

    def keep_sources(self, task_id: str, sources: tuple[bytes, ...]) -> None:
        """Keep the pictures of an edit, byte for byte."""
        for number, content in enumerate(sources, start=1):
            _write(self._sources / task_id / f"{number:02}", content)

    def task_ids(self) -> set[str]:
        """The tasks that have files here."""
        folders = (self._sources, self._drawn)
        return {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}

    def drop(self, task_id: str) -> None:
        """Forget the pictures of an order that was not accepted, or whose results are gone."""
        for folder in (self._sources, self._drawn):
            shutil.rmtree(folder / task_id, ignore_errors=True)

    def sources(self, task_id: str) -> tuple[Path, ...]:
        """The pictures of an edit, in their order."""
        folder = self._sources / task_id
        return tuple(sorted(folder.iterdir())) if folder.is_dir() else ()

    def bytes_of(self, picture: Picture) -> bytes:
        """A picture's file, drawn now when it was never asked for."""
        if ahead := self._drawn_ahead(picture):
            return ahead.read_bytes()
        path = self._drawn / picture.task_id / f"{picture.nth}.{picture.output_format}"
        return self._once(path, partial(render, picture))

    def predraw(self, count: int) -> None:
        """Draw this many square PNGs ahead."""
        for number in range(count):
            picture = Picture(task_id="ahead", prompt=f"ahead {number}", nth=number)
            self._once(self._ahead / f"{number:04}.png", partial(render, picture))

    def _once(self, path: Path, render_it: Callable[[], bytes]) -> bytes:
        """What is there, else what is drawn now: one at a time, so that who asks again waits for the same drawing."""
        if kept := _kept(path):
            return kept
        with self._drawing:
            if kept := _kept(path):
                return kept
            content = render_it()
            _write(path, content)
            return content

    def _drawn_ahead(self, picture: Picture) -> Path | None:
        plain = replace(picture, aspect_ratio="1:1", output_format="png", sources=())
        if picture not in (plain, replace(plain, aspect_ratio="auto")) or not self._ahead.is_dir():
            return None
        paths = sorted(self._ahead.glob("*.png"))
        return paths[(picture.serial + picture.nth - 1) % len(paths)] if paths else None


def _kept(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, content: bytes) -> None:
    """Write under another name first: two processes may draw the same picture, and one may be killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{uuid.uuid4().hex}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
