"""What an archive tells of its pictures: a line of CSV for spreadsheets and an object of JSON for programs each."""

import csv
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from django.utils import timezone

from gallery import access
from gallery.access import Person
from gallery.models import Image, Parent

IN_MEMORY = 2**20
# Excel takes UTF-8 without this mark for the machine's old code page.
MARK = "\ufeff"
# What begins a formula, at the head of a cell and wherever a spreadsheet might see one begin.
RUNS = re.compile(r"^(?=[=+\-@＝＋－＠\t\r\n])|(?<=[;\t\r\n])(?=\s*[=+\-@＝＋－＠])")
HIDDEN = "hidden"


def told(image: Image, file: str, reader: Person) -> dict[str, Any]:
    """What is said of a picture; of what it was made from only what the reader may see."""
    return {
        "file": file,
        "picture": image.pk,
        "kind": image.kind,
        "prompt": image.prompt or image.file_name,
        "author": str(image.owner),
        "project": str(image.project),
        "made": timezone.localtime(image.created_at).isoformat(timespec="seconds"),
        "model": str(image.options.get("model", "")),
        "made_from": _parents(image, reader),
        "order": str(image.job or ""),
        "credits": image.credits,
        "original_format": image.format,
        "original_width": image.width,
        "original_height": image.height,
        "original_bytes": image.size,
        "original_sha256": image.sha256,
    }


def _parents(image: Image, reader: Person) -> list[int | str]:
    """The numbers of the pictures an edit was made from, in their order."""
    if image.kind != Image.Kind.EDIT:
        return []
    parents = list(
        Parent.objects.filter(child=image).order_by("position").values_list("parent_id", flat=True)
    )
    seen = set(access.visible_to(reader).filter(pk__in=parents).values_list("pk", flat=True))
    return [number if number in seen else HIDDEN for number in parents]


def harmless(text: str) -> str:
    """A text with an apostrophe wherever a spreadsheet would otherwise begin to calculate."""
    return RUNS.sub("'", text)


@dataclass(slots=True)
class Manifest:
    """Grows while pictures leave, mostly on the disk; `missing` are the numbers of those whose files are lost."""

    table: IO[str] = field(default_factory=lambda: _scratch(newline=""))
    objects: IO[str] = field(default_factory=lambda: _scratch(newline="\n"))
    missing: list[int] = field(default_factory=list)
    pictures: int = 0

    def add(self, said: Mapping[str, Any]) -> None:
        """One more picture."""
        writer = csv.writer(self.table)
        if not self.pictures:
            self.table.write(MARK)
            writer.writerow(said)
        self.objects.write(",\n  " if self.pictures else "")
        self.objects.write(json.dumps(said, ensure_ascii=False))
        writer.writerow(map(_cell, said.values()))
        self.pictures += 1

    def files(self, note: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The names of both files and what is in them."""
        yield "manifest.csv", _read(self.table)
        head = json.dumps({"note": note, "missing": self.missing}, ensure_ascii=False).removesuffix("}")
        yield "manifest.json", _around(f'{head}, "pictures": [\n  ', _read(self.objects), "\n]}\n")

    def close(self) -> None:
        """Let go of what it has on the disk."""
        self.table.close()
        self.objects.close()


def _scratch(newline: str) -> IO[str]:
    return tempfile.SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8", newline=newline)


def _read(file: IO[str]) -> Iterator[bytes]:
    file.seek(0)
    while text := file.read(2**16):
        yield text.encode()


def _around(before: str, middle: Iterator[bytes], after: str) -> Iterator[bytes]:
    yield before.encode()
    yield from middle
    yield after.encode()


def _cell(value: object) -> object:
    """Numbers stay numbers."""
    if isinstance(value, list):
        return harmless(" ".join(map(str, value)))
    return harmless(value) if isinstance(value, str) else value
