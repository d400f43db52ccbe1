"""What members and projects are called in reports, so that nobody is taken for somebody else."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Max

from gallery.models import Project
from studio.credits.models import Account, Entry

# Letters of these look like each other; a word of two of them is made to be taken for another.
ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK"})
# Marks that are not seen, turn the reading round, or stand for nothing.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What somebody or something is called; `note` tells it from namesakes, `state` why it is not open."""

    id: int
    label: str
    note: str = ""
    state: str = ""


def members(account_ids: Collection[int]) -> dict[int, Name]:
    """Members by the number of their account, with their number as a member."""
    rows = Account.objects.filter(pk__in=account_ids).select_related("user")
    return {
        row.pk: Name(
            id=row.user_id,
            label=plain(str(row.user)),
            note=plain(row.user.email),
            state="" if row.user.is_active else "not in the team any more",
        )
        for row in rows
    }


def projects(project_ids: Collection[int]) -> dict[int, Name]:
    """Projects by their number, as they are called now; of those that are gone, as the books called them last."""
    found = {
        row.pk: Name(
            id=row.pk,
            label=plain(row.name),
            note=plain(" · ".join(filter(None, (row.code, row.client)))),
            state="archived" if row.archived_at else "",
        )
        for row in Project.objects.filter(pk__in=project_ids)
    }
    return found | _from_the_books(set(project_ids) - found.keys())


def _from_the_books(project_ids: Collection[int]) -> dict[int, Name]:
    """Projects that only the books remember."""
    if not project_ids:
        return {}
    entries = Entry.objects.filter(project_id__in=project_ids).order_by()
    newest = entries.values("project_id").annotate(last=Max("id")).values("last")
    rows = Entry.objects.filter(pk__in=newest).values_list("project_id", "project_name")
    return {
        number: Name(id=number, label=plain(name), note=f"no. {number}", state="gone")
        for number, name in rows
    }


def plain(text: str) -> str:
    """A text that hides nothing: marks that are not seen, and look-alikes of other alphabets, stand by their number."""
    return re.sub(r"\w+", lambda word: _of_one_alphabet(word[0]), "".join(map(_seen, text)))


def _seen(mark: str) -> str:
    return _numbered(mark) if unicodedata.category(mark) in UNSEEN else mark


def _numbered(mark: str) -> str:
    return f"\\u{ord(mark):04x}"


def _alphabet(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _of_one_alphabet(word: str) -> str:
    """A word as it is; when look-alikes of several alphabets are in it, those that are not Latin by their number."""
    alphabets = ALIKE.intersection(map(_alphabet, word))
    if len(alphabets) < 2:
        return word
    keep = "LATIN" if "LATIN" in alphabets else _alphabet(word[0])
    return "".join(_numbered(one) if _alphabet(one) in ALIKE - {keep} else one for one in word)
