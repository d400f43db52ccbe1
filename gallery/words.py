"""The words of a text as they are compared: without case and accents, each sign of scripts without spaces by itself."""

import re
import unicodedata

# More letters tell no two words apart, and PostgreSQL has a limit.
WORD_LENGTH = 64
UNSPACED = (
    "\u2e80-\u2fff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")


def split(text: str) -> list[str]:
    """The words of a text as they are compared: "Élan, 20 Füchse" is elan, 20, fuchse."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word[:WORD_LENGTH] for word in WORD.findall(unicodedata.normalize("NFC", bare))]
