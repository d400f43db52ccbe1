"""The image API over real HTTP, without a key: for newcomers and for tests. Knows nothing of the studio."""

from .faults import Fault, Faults, UnknownFault
from .records import Looks, Pace, Submit, Task
from .server import SandboxServer
from .world import PRICE, SANDBOX_KEY, World

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
    "UnknownFault",
    "World",
]
