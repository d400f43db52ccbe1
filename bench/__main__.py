"""`python -m bench [NAMES...]`: measures the studio and prints the tables of bench/README.md.

`python -m bench faults [--short] [--postgres] [NAMES...]` breaks it, and says what it makes of that.
"""

import os
import subprocess
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
    if len(chosen) > 1:
        # Each in a process of its own: Django is set up once, with one database.
        runs = [subprocess.run([sys.executable, "-m", "bench", name], check=False) for name in chosen]
        sys.exit(max(run.returncode for run in runs))
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        os.environ["STUDIO_DATA_DIR"] = folder
        for row in BENCHES[chosen[0]](Path(folder)):
            print(row, flush=True)


if __name__ == "__main__":
    main()
