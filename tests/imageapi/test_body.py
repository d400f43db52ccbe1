"""Edits: pictures streamed from disk, whatever their number and size."""

import base64
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from studio.imageapi import Source
from studio.imageapi.body import PIECE, EditBody
from tests.imageapi.stub import Stub, reply

TAKEN = {"task_id": "task-1"}
EDIT = r"""
import re, sys
from pathlib import Path
from studio.imageapi import GEMINI_25_FLASH, ImageAPI, Order, Source
def peak():
    # Not getrusage: its peak begins with that of the process which started this one
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])
api = ImageAPI(sys.argv[1], "key")
api.generate(Order(model=GEMINI_25_FLASH, prompt="first, so that everything is loaded"))
before = peak()
sources = (Source(mime="image/png", path=Path(sys.argv[2])),) * 14
api.edit(Order(model=GEMINI_25_FLASH, prompt="large", sources=sources))
print(peak() - before)
"""


def test_fourteen_pictures_of_20_mb_cost_no_memory(tmp_path):
    picture = tmp_path / "large.png"
    with picture.open("wb") as file:
        file.truncate(20 * 1024 * 1024)
    stub = Stub(keep_bodies=False)
    stub.says(reply(TAKEN))
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", EDIT, stub.url, str(picture)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    stub.stop()
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) * 1024 < 30_000_000
    assert (
        stub.asked[1].length == int(stub.asked[1].headers["content-length"]) > 14 * 20 * 1024 * 1024 * 4 / 3
    )
    assert "transfer-encoding" not in stub.asked[1].headers


def test_an_edit_arrives_as_documented(stub, api, order, tmp_path):
    contents = [os.urandom(size) for size in (1, 2, 3, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 2)]
    sources = []
    for number, content in enumerate(contents):
        path = tmp_path / str(number)
        path.write_bytes(content)
        sources.append(Source(mime="image/webp", path=path))
    stub.says(reply(TAKEN))
    api.edit(replace(order, sources=tuple(sources), num_images=2))
    asked = stub.asked[0]
    assert asked.path == "/v1/images/gemini/2.5/flash/edit/"
    assert asked.headers["content-type"] == "application/json"
    expected = [f"data:image/webp;base64,{base64.b64encode(content).decode()}" for content in contents]
    assert asked.json() == {"prompt": "A harbour at dawn", "num_images": 2, "images": expected}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_length_is_known_before(source, count):
    with EditBody({"prompt": "x"}, [source] * count) as body:
        sent = b"".join(body)
        assert len(sent) == len(body)
    assert len(json.loads(sent)["images"]) == count


def test_a_picture_that_grows_meanwhile_is_sent_as_it_was(source):
    with EditBody({"prompt": "x"}, [source]) as body:
        with source.path.open("ab") as file:
            file.write(b"more")
        assert len(b"".join(body)) == len(body)


def test_a_picture_that_shrinks_meanwhile_is_not_sent_as_if_it_were_whole(source):
    with EditBody({"prompt": "x"}, [source]) as body:
        os.truncate(source.path, 10)
        with pytest.raises(OSError, match="shorter"):
            list(body)


def test_a_missing_picture_leaves_no_file_open(source):
    gone = replace(source, path=source.path.with_name("gone"))
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(FileNotFoundError):
        EditBody({"prompt": "x"}, [source, gone])
    assert len(list(Path("/proc/self/fd").iterdir())) == before
