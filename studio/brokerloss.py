"""A worker that loses its broker while it holds messages lives on: kombu 5.7 lets it die of its closed connection.

It holds wake-ups for a later moment, and tasks that wait for a thread. What they were for is found by `sweep`, so none
of them has to be put back or acknowledged once the connection is gone that they came by.
"""

from kombu.transport.redis import Channel, QoS


class Lenient(QoS):
    """Acknowledges what came by the connection that is open."""

    def ack(self, delivery_tag: str) -> None:
        """Do so, unless the broker has gone away meanwhile."""
        if not self.channel.closed:
            super().ack(delivery_tag)


def survive() -> None:
    """Have this process's connections to the broker closed without a word to it."""
    Channel.QoS = Lenient
    Channel.do_restore = False
