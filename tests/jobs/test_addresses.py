"""Addresses named anew: no picture is fetched twice, and none is dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.jobs.addresses import renewed


def urls(letters: str, sign: str = "") -> list[str]:
    return [f"https://cdn.example.com/{letter}.png{sign}" for letter in letters]


def places(letters: str) -> dict[int, str]:
    """A letter for each place; "." is a place nobody knew of."""
    known = zip(range(len(letters)), urls(letters), strict=True)
    return {place: url for place, url in known if letters[place] != "."}


def after(known: str, home: set[int], offered: str, asked: int = 0) -> str:
    """The letters of the places that are to be fetched, "." for those at home or without an address."""
    found = renewed(places(known), frozenset(home), urls(offered, "?signed=anew"), asked or len(known))
    return "".join(
        found[place][-len("a.png?signed=anew")] if place in found else "."
        for place in range(asked or len(known))
    )


@pytest.mark.parametrize(
    ("known", "home", "offered", "expected"),
    [
        ("abcd", set(), "abcd", "abcd"),
        ("abcd", {0, 2}, "abcd", ".b.d"),
        ("abcd", {0, 2}, "dcba", ".b.d"),
        ("acd", {0, 1}, "abcd", "..d"),
        ("acx", {0, 1}, "abc", "..b"),
        ("abcx", {0}, "abcd", ".bcd"),
        ("abc.", {0, 1, 2}, "abcd", "...d"),
        ("abc.", {0, 1, 2}, "abc", "...."),
        ("ab..", {0}, "cabd", ".bcd"),
        ("x", set(), "a", "a"),
        ("ab", {0}, "", ".."),
        ("ab", {0}, "abc", ".b"),
    ],
)
def test_what_is_home_is_known_by_its_path_and_the_rest_is_shared_out(known, home, offered, expected):
    assert after(known, home, offered) == expected


def test_when_every_address_is_new_their_order_decides_if_all_are_there():
    assert after("abc", {0}, "xyz") == ".yz"
    assert after("abc", {0}, "xy") == "..."


def test_when_one_at_home_can_not_be_found_nothing_unknown_is_fetched_for_another_place():
    assert after("abc", {0}, "xbc") == ".bc"
    assert after("abc", {0, 1}, "xby") == "..."


def test_addresses_that_share_a_path_are_told_apart_as_a_whole():
    known = {0: "https://cdn/get?id=1", 1: "https://cdn/get?id=2"}
    offered = ["https://cdn/get?id=2", "https://cdn/get?id=1", "https://cdn/get?id=3"]
    assert renewed(known, frozenset({0}), offered, 3) == {1: offered[0], 2: offered[2]}


@given(
    home=st.sets(st.integers(0, 3)), offered=st.permutations("abcd"), gone=st.sets(st.sampled_from("abcd"))
)
def test_no_two_places_ever_get_one_picture_and_none_gets_one_that_is_home(home, offered, gone):
    found = after("abcd", home, "".join(letter for letter in offered if letter not in gone)).replace(".", "")
    assert len(set(found)) == len(found)
    assert not set(found) & {"abcd"[place] for place in home}
