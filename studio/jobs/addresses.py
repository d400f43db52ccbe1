"""Which of the addresses an API names anew belongs to which result, when some results are home already."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit


def renewed(
    known: Mapping[int, str], home: frozenset[int], offered: Sequence[str], asked: int
) -> dict[int, str]:
    """The addresses of the places that are not home, as far as that can be told; also of places not known before.

    `known` holds the address that each place had. Addresses are signed anew while their paths stay, and may come in
    another order: what has the path of a picture at home is that picture, and is fetched for no other place.
    """
    name = _name(offered)
    left = {name(url): url for url in offered}
    same = {place: url for place, old in known.items() if (url := left.pop(name(old), ""))}
    if not home <= same.keys():
        return _in_their_order(home, offered, asked) if not same else _without(home, same)
    free = [place for place in range(asked) if place not in same]
    return _without(home, same | dict(zip(free, left.values(), strict=False)))


def _name(offered: Sequence[str]) -> Callable[[str], str]:
    """What tells addresses apart: the path, unless some share theirs."""

    def path(url: str) -> str:
        return urlsplit(url).path

    return path if len({path(url) for url in offered}) == len(offered) else str


def _in_their_order(home: frozenset[int], offered: Sequence[str], asked: int) -> dict[int, str]:
    """Every address is new, so nothing says which are home: if they are all there, their order is the best guess."""
    return _without(home, dict(enumerate(offered[:asked]))) if len(offered) >= asked else {}


def _without(home: frozenset[int], found: Mapping[int, str]) -> dict[int, str]:
    return {place: url for place, url in found.items() if place not in home}
