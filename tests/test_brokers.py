"""A broker elsewhere: by TLS with a password, and never one that is somebody else."""

import socket
import subprocess

import pytest

from studio import embedded
from tests.brokers import Redis
from tests.started import wait_until
from tests.test_environment import manage

pytestmark = [pytest.mark.flow, pytest.mark.boxes]
PASSWORD = "p/w@1"
WAKE = """
from studio.jobs import tasks
from studio.celery import app
print(tasks.broker_answers())
with app.connection_for_write() as connection:
    print(connection.default_channel.client.ping())
"""


@pytest.fixture
def address(tmp_path, settings):
    """The REDIS_URL of a Redis that takes TLS and the password alone, without the certificate to trust."""
    files = ["-keyout", tmp_path / "key", "-out", tmp_path / "certificate", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *names]
    subprocess.run(make, check=True, capture_output=True)
    plain = Redis(url="redis://127.0.0.1:0", folder=tmp_path).command
    tls = ["--tls-cert-file", tmp_path / "certificate", "--tls-key-file", tmp_path / "key"]
    tls += [
        "--tls-ca-cert-file",
        tmp_path / "certificate",
        "--tls-auth-clients",
        "no",
        "--requirepass",
        PASSWORD,
    ]
    port = free_port()
    server = subprocess.Popen([*plain, "--tls-port", str(port), *tls], stdout=subprocess.DEVNULL)
    url = f"rediss://:p%2Fw%401@localhost:{port}/0"
    wait_until(lambda: embedded.answers(f"{url}?ssl_ca_certs={tmp_path / 'certificate'}"))
    yield url
    server.kill()
    server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_broker_whose_certificate_is_trusted_is_woken_by_tls(tmp_path, address):
    url = f"{address}?ssl_ca_certs={tmp_path / 'certificate'}"
    run = manage(tmp_path, "shell", "-v0", "-c", WAKE, REDIS_URL=url)
    assert run.stdout == "True\nTrue\n", run.stderr


def test_one_that_nobody_vouches_for_gets_no_password(tmp_path, address):
    run = manage(tmp_path, "shell", "-v0", "-c", WAKE, REDIS_URL=address)
    assert run.stdout == "False\n"
    assert "CERTIFICATE_VERIFY_FAILED" in run.stderr
    assert PASSWORD not in run.stderr
