"""An internal server that nobody may reach: for addresses a provider's redirect may name."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.faults.scene import Scene

ADDRESSES = ("10.1.2.3", "172.16.5.6", "192.168.7.8", "100.64.1.2", "169.254.169.254")
"""Given to loopback, where the fault has a network of its own."""
NAMES = (
    *ADDRESSES,
    "127.0.0.1",
    "localhost",
    "0.0.0.0",
    "2130706433",
    "0x7f000001",
    "127.1",
    "[::ffff:127.0.0.1]",
)
SHARE = 0.08


class Visitors(BaseHTTPRequestHandler):
    """Counts whoever comes."""

    seen = 0

    def do_GET(self) -> None:
        """Note the visit."""
        type(self).seen += 1
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def redirects(scene: Scene) -> None:
    """Pictures redirect to private addresses, where a server counts who follows."""
    server = ThreadingHTTPServer(("0.0.0.0", 0), Visitors)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    added = [
        scene.studio.world.faults.add(
            "asset.redirect", share=SHARE, to=f"http://{name}:{server.server_port}/"
        )
        for name in NAMES
    ]
    scene.wait(scene.resting, scene.seconds)
    followed = sum(scene.studio.world.faults.hits(fault) for fault in added)
    for fault in added:
        scene.studio.world.faults.remove(fault)
    server.shutdown()
    if Visitors.seen or not followed:
        scene.complaints.append(f"{Visitors.seen} of {followed} redirects reached an internal server")
