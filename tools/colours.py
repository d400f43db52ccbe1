"""Write the 64 placeholder colours into static/css/base.css; with --check only compare.

A picture is classed by its mean colour with two bits a channel, `(r >> 6) * 16 + (g >> 6) * 4 + (b >> 6)`,
as in gallery. The colour shown is the middle of that box.
"""

import re
import sys
from pathlib import Path

SHEET = Path(__file__).parent.parent / "static" / "css" / "base.css"
BLOCK = re.compile(r"(/\* colours: begin [^*]*\*/\n).*?(  /\* colours: end \*/)", re.DOTALL)
MIDDLES = ("20", "60", "a0", "e0")


def rule(number: int) -> str:
    """The CSS rule of one class."""
    red, green, blue = MIDDLES[number >> 4], MIDDLES[number >> 2 & 3], MIDDLES[number & 3]
    return f".c-{number:02}{{background:#{red}{green}{blue}}}"


def block() -> str:
    """All rules, eight a line."""
    rules = [rule(number) for number in range(64)]
    return "".join(f"  {' '.join(rules[start : start + 8])}\n" for start in range(0, 64, 8))


def main() -> int:
    """Exit code 1 when --check finds another block than this script would write."""
    old = SHEET.read_text()
    new = BLOCK.sub(lambda match: match[1] + block() + match[2], old)
    if "--check" in sys.argv:
        return int(old != new)
    SHEET.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
