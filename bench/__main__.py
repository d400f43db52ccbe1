"""`python -m bench [NAMES...]`: measures the studio and prints the tables of bench/README.md.

`python -m bench faults [--short] [--postgres] [NAMES...]` breaks it, and says what it makes of that.
"""

import os
import sys
import tempfile
from pathlib import Path

from bench import crowd, estimates, gallery, line, queue, reports, scrolling, watch
from bench.faults import run as faults

BENCHES = {
    "line": line.run,
    "estimates": estimates.run,
    "queue": queue.run,
    "watch": watch.run,
    "crowd": crowd.run,
    "gallery": gallery.run,
    "reports": reports.run,
    "scrolling": scrolling.run,
}


def main() -> None:
    if sys.argv[1:2] == ["faults"]:
        sys.exit(faults.main(sys.argv[2:]))
    chosen = sys.argv[1:] or list(BENCHES)
    if unknown := set(chosen) - set(BENCHES):
        sys.exit(f"There is no bench {', '.join(sorted(unknown))}. There are: {', '.join(BENCHES)}.")
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
            os.environ["STUDIO_DATA_DIR"] = folder
            for row in BENCHES[name](Path(folder)):
                print(row)


if __name__ == "__main__":
    main()
