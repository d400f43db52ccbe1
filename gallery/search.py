"""Full-text search: what is said of a picture as one row of an index beside it, and what people type.

Both databases get the words as we split them, so that both find the same: letters and digits without case and accents.
Characters of scripts without spaces are words of their own. Whoever writes prompts, file names, tags or notes calls
`index` in the same transaction.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from gallery.models import Image, Tagged
from gallery.words import split

LONGEST_QUERY = 200
MOST_TERMS = 12
# Far more than a prompt has; PostgreSQL counts places to 16,383.
MOST_WORDS = 4000
AT_ONCE = 1000
# Between two texts: a word for the index, and none that anybody could type.
BETWEEN = "_"
ON_SQLITE = "SELECT rowid FROM gallery_words WHERE gallery_words MATCH %s"
ON_POSTGRES = "SELECT image_id FROM gallery_words WHERE words @@ %s::tsquery"
WRITE_ON_SQLITE = "REPLACE INTO gallery_words (rowid, words) VALUES (%s, %s)"
WRITE_ON_POSTGRES = (
    "INSERT INTO gallery_words (image_id, words) VALUES (%s, %s::tsvector)"
    " ON CONFLICT (image_id) DO UPDATE SET words = excluded.words"
)
FORGET_ON_SQLITE = "DELETE FROM gallery_words WHERE rowid = %s"
FORGET_ON_POSTGRES = "DELETE FROM gallery_words WHERE image_id = %s"
TYPED = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
# While a last word is typed, one letter finds too much.
SHORTEST_BEGINNING = 2


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand side by side; the last one may be the beginning of a word."""

    words: tuple[str, ...]
    beginning: bool = False
    without: bool = False

    def fits(self, words: Sequence[str]) -> bool:
        """Whether they stand so in a short text, such as a name."""
        ends = range(len(self.words), len(words) + 1)
        return any(self._is(tuple(words[end - len(self.words) : end])) for end in ends)

    def _is(self, words: tuple[str, ...]) -> bool:
        *first, last = self.words
        same = words[-1].startswith(last) if self.beginning else words[-1] == last
        return same and list(words[:-1]) == first


def terms(typed: str) -> list[Term]:
    """What was typed: words, beginnings*, "phrases" and -not; a last word that is still being typed is a beginning."""
    typed = typed[:LONGEST_QUERY]
    found = [_term(*match.groups(default="")) for match in TYPED.finditer(typed)]
    some = [term for term in found if term.words][:MOST_TERMS]
    if some and found[-1] is some[-1] and _still_typed(typed, some[-1]):
        some[-1] = Term(some[-1].words, beginning=True)
    return some


def _term(minus: str, phrase: str, word: str) -> Term:
    words = tuple(split(phrase or word))
    return Term(words, beginning=word.endswith("*"), without=bool(minus))


def _still_typed(typed: str, last: Term) -> bool:
    open_end = not typed.endswith('"') and not typed[-1].isspace()
    return open_end and not last.without and len(last.words[-1]) >= SHORTEST_BEGINNING


def said_of(terms: Iterable[Term]) -> Q:
    """The pictures of whose words all these are true."""
    return (_on_postgres if connection.vendor == "postgresql" else _on_sqlite)(list(terms))


def _on_sqlite(terms: list[Term]) -> Q:
    wanted = " AND ".join(_fts(term) for term in terms if not term.without)
    unwanted = " OR ".join(_fts(term) for term in terms if term.without)
    # FTS5 knows "a NOT b", and no NOT by itself.
    found = Q(pk__in=_matches(wanted)) if wanted else Q()
    return found & ~Q(pk__in=_matches(unwanted)) if unwanted else found


def _matches(query: str) -> RawSQL:
    return RawSQL(ON_SQLITE, [query])  # noqa: S611  a parameter: nothing that was typed is part of the SQL


def _fts(term: Term) -> str:
    return f'"{" ".join(term.words)}"{" *" if term.beginning else ""}'


def _on_postgres(terms: list[Term]) -> Q:
    query = " & ".join(_tsquery(term) for term in terms)
    return Q(pk__in=RawSQL(ON_POSTGRES, [query])) if query else Q()  # noqa: S611  as above


def _tsquery(term: Term) -> str:
    words = " <-> ".join(f"'{word}'" for word in term.words)
    return f"{'!' if term.without else ''}({words}{':*' if term.beginning else ''})"


def index(*numbers: int) -> None:
    """Write anew what is said of these pictures, in the caller's transaction."""
    said = Image.objects.filter(pk__in=numbers, deleted_at=None).values_list(
        "pk", "prompt", "file_name", "note"
    )
    tags: dict[int, list[str]] = {}
    for image, name in Tagged.objects.filter(image__in=numbers).values_list("image", "name"):
        tags.setdefault(image, []).append(name)
    write((pk, [*texts, *tags.get(pk, ())]) for pk, *texts in said)


def forget(*numbers: int) -> None:
    """Say nothing of these pictures any more, in the caller's transaction."""
    sql = FORGET_ON_POSTGRES if connection.vendor == "postgresql" else FORGET_ON_SQLITE
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(pk,) for pk in numbers])


def index_all() -> int:
    """Write the index of all pictures anew, for rows that came past the library; how many there are."""
    numbers = Image.objects.order_by("pk").values_list("pk", flat=True).iterator(AT_ONCE)
    done = 0
    for some in _batches(numbers):
        index(*some)
        done += len(some)
    return done


def _batches(numbers: Iterator[int]) -> Iterator[list[int]]:
    while some := list(islice(numbers, AT_ONCE)):
        yield some


def write(said: Iterable[tuple[int, Iterable[str]]]) -> None:
    """Rows of the index: a picture's number, and its texts, of which no phrase reaches into the next."""
    rows = [(pk, _in_a_row(texts)) for pk, texts in said]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.executemany(WRITE_ON_POSTGRES, [(pk, _tsvector(words)) for pk, words in rows])
        else:
            cursor.executemany(WRITE_ON_SQLITE, [(pk, " ".join(words)) for pk, words in rows])


def _in_a_row(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for word in (*split(text), BETWEEN)][:MOST_WORDS]


def _tsvector(words: Iterable[str]) -> str:
    return " ".join(f"'{word}':{place}" for place, word in enumerate(words, 1) if word != BETWEEN)
