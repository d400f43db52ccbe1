"""An internal server that nobody may reach: for the addresses that a provider's redirects name."""

import socketserver
import threading

from bench.faults.scene import Scene

ADDRESSES = ("10.1.2.3", "172.16.5.6", "192.168.7.8", "100.64.1.2", "169.254.169.254")
"""Given to loopback, where the fault has a network of its own."""
NAMES = (
    *ADDRESSES,
    *(
        "127.0.0.1",
        "localhost",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ),
)


class Visitors(socketserver.BaseRequestHandler):
    """Counts who knocks, whatever they say."""

    seen = 0

    def handle(self) -> None:
        """Note the visit."""
        type(self).seen += 1


def redirects(scene: Scene) -> None:
    """Pictures redirect to private addresses, to each of them, where a server counts who follows."""
    server = socketserver.ThreadingTCPServer(("0.0.0.0", 0), Visitors)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    faults, port = scene.studio.world.faults, server.server_address[1]
    targets = [f"{scheme}://{name}:{port}/" for name in NAMES for scheme in ("https", "http")]
    times = max(1, scene.jobs // len(targets))
    added = {faults.add("asset.redirect", times=times, to=target): target for target in targets}
    scene.wait(scene.resting, scene.seconds)
    untold = [target for fault, target in added.items() if not faults.hits(fault)]
    for fault in added:
        faults.remove(fault)
    server.shutdown()
    if Visitors.seen or untold:
        scene.complaints.append(
            f"{Visitors.seen} connections to an internal server, {len(untold)} never named"
        )
