"""A worker that loses its broker while it holds messages lives on: kombu 5.7 lets it die of its closed connection.

It holds wake-ups for a later moment, and tasks that wait for a thread. The broker gives them to a worker again when
nobody has acknowledged them for ten minutes; each is safe twice, and the line's are found by `sweep` long before.
"""

from kombu.transport.redis import Channel, QoS
from redis import Redis


class Lenient(QoS):
    """Speaks of messages only where there is a connection to say it by."""

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message, unless the connection is gone by which it came."""
        if not self.channel.closed:
            super().ack(delivery_tag)

    def restore_unacked(self, client: "Redis | None" = None) -> None:
        """Put back what is held, unless the connection is gone."""
        if self.channel.connection.client is not None:
            super().restore_unacked(client)
        elif self._delivered:
            self._delivered.clear()


def survive() -> None:
    """Have this process's connections to the broker be so."""
    Channel.QoS = Lenient
