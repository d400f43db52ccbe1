"""What pip installs with hashes names every extra that anything in it asks for.

An older pip, like that of Debian 12, takes the newest release for `name[extra]` unless a line pins just that, and
refuses it for want of a hash: an installation that worked would break on the day of the next release.
"""

import re
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.started import ROOT

LOCKS = ("requirements.txt", "requirements-postgres.txt", "requirements-dev.txt")
PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[(?P<extras>[\w.,-]+)\])?==", re.MULTILINE)


def pinned(lock: str) -> dict[str, set[str]]:
    """The names in a lock, each with its extras."""
    found = PIN.finditer((ROOT / lock).read_text())
    return {
        canonicalize_name(pin["name"]): set(filter(None, (pin["extras"] or "").split(","))) for pin in found
    }


def asked(name: str, extras: set[str]) -> list[Requirement]:
    """What an installed package needs, with those of its extras."""
    try:
        lines = requires(name) or []
    except PackageNotFoundError:  # for another Python or system
        return []
    found = map(Requirement, lines)
    chosen = [{"extra": extra} for extra in extras or {""}]
    return [one for one in found if not one.marker or any(map(one.marker.evaluate, chosen))]


@pytest.mark.parametrize("lock", LOCKS)
def test_each_extra_that_is_asked_for_is_pinned_with_its_package(lock):
    pins = pinned(lock)
    assert "django" in pins
    needs = [need for name, extras in pins.items() for need in asked(name, extras)]
    missing = [
        str(need) for need in needs if not need.extras <= pins.get(canonicalize_name(need.name), need.extras)
    ]
    assert missing == []
