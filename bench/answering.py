"""`python -m bench.answering PORT FILE`: an API that answers each question after 50 ms and notes when it was asked.

A task whose name begins with "ready" is finished. A picture with "slow" in its name takes 20 s.
"""

import io
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

ANSWER_SECONDS, SLOW_PICTURE_SECONDS = 0.05, 20.0


class Answering(BaseHTTPRequestHandler):
    """Keeps connections, as the API does."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "Server"

    def do_GET(self) -> None:
        """A look, the wallet or a picture."""
        at = time.time()
        if "/pictures/" in self.path:
            time.sleep(SLOW_PICTURE_SECONDS if "slow" in self.path else ANSWER_SECONDS)
            self._answer(self.server.picture, "image/png")
        elif "/status/" in self.path:
            task = self.path.split("/")[-3]
            self.server.note("look", task, at)
            self._later(self._status(task))
        else:
            self._later({"balance": "10000.00"})

    def do_POST(self) -> None:
        """A submit: always taken."""
        self.server.note("submit", "", time.time())
        self.rfile.read(int(self.headers["Content-Length"]))
        self._later({"task_id": f"never-{time.time():.6f}", "created_at": None})

    def _status(self, task: str) -> dict:
        if not task.startswith("ready"):
            return {"status": "IN_PROGRESS", "progress": 0, "results": []}
        where = f"http://{self.headers['Host']}/pictures/{task}.png"
        return {"status": "FINISHED", "progress": 100, "results": [{"asset_url": where}]}

    def _later(self, content: dict) -> None:
        time.sleep(ANSWER_SECONDS)
        self._answer(json.dumps(content).encode(), "application/json")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """What matters is noted."""


class Server(ThreadingHTTPServer):
    """A thread a connection."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, port: int, notes: Path) -> None:
        super().__init__(("127.0.0.1", port), Answering)
        self.notes = notes.open("a", buffering=1)
        drawn = io.BytesIO()
        Image.effect_noise((256, 256), 60).convert("RGB").save(drawn, "PNG")
        self.picture = drawn.getvalue()

    def note(self, what: str, task: str, at: float) -> None:
        self.notes.write(f"{what} {task} {at:.4f}\n")


if __name__ == "__main__":
    Server(int(sys.argv[1]), Path(sys.argv[2])).serve_forever()
