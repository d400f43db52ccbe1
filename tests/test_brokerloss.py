"""A process that loses its broker with messages in its hand lives on."""

import subprocess
from collections.abc import Iterator

import pytest
from kombu import Connection, Message

from studio.celery import app
from tests.brokers import broker
from tests.installation import until

pytestmark = pytest.mark.flow


@pytest.fixture
def connection(tmp_path) -> Iterator[Connection]:
    """A connection to a broker that dies when the connection is told so."""
    served = broker(f"unix://{tmp_path}/valkey.sock", tmp_path / "broker")
    process = subprocess.Popen(served.command, stdout=subprocess.DEVNULL)
    until(served.answers)
    with app.connection_for_read(served.url.replace("unix://", "redis+socket://", 1)) as connection:
        connection.broker = process
        yield connection
    process.kill()
    process.wait()


def taken(connection: Connection) -> Message:
    """A message that is in somebody's hand, as a wake-up for later or a task that waits for a thread."""
    with connection.SimpleQueue("later") as queue:
        queue.put("wake up")
    message = connection.default_channel.basic_get("later")
    assert message
    return message


def test_what_came_by_a_connection_that_is_gone_is_acknowledged_without_a_word(connection):
    message = taken(connection)
    connection.broker.kill()
    connection.broker.wait()
    connection.collect()
    message.ack()


def test_while_the_broker_is_there_it_hears_of_each_message(connection):
    message = taken(connection)
    assert connection.default_channel.client.hlen("unacked") == 1
    message.ack()
    assert connection.default_channel.client.hlen("unacked") == 0
