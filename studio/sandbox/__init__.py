"""The image API over real HTTP, without a key: for newcomers and for tests. Knows nothing of the studio."""

from studio.sandbox.faults import Fault, Faults, UnknownFaultError
from studio.sandbox.records import Looks, Pace, Submit, Task
from studio.sandbox.server import SandboxServer
from studio.sandbox.world import PRICE, SANDBOX_KEY, World

__all__ = [
    "PRICE",
    "SANDBOX_KEY",
    "Fault",
    "Faults",
    "Looks",
    "Pace",
    "SandboxServer",
    "Submit",
    "Task",
    "UnknownFaultError",
    "World",
]
