"""One fault on one database, in a process of its own: `python -m bench.faults.play NAME DATABASE FORM FOLDER`.

Its settings are in the environment already. The last line it says is what came of it, as JSON.
"""

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

import django

from bench.faults.row import Row
from tests.databases import Database
from tests.postgres import Cluster

LONGEST_REST = {"long": 400.0, "short": 150.0}
LONGEST_RECOVERY = 60.0


def main(name: str, database: str, form: str, folder: str) -> None:
    """Play it on a new database and say what came of it."""
    cluster = Cluster() if database == "PostgreSQL" else None
    try:
        if cluster:
            os.environ["DATABASE_URL"] = cluster.url(cluster.create())
            Database(os.environ["DATABASE_URL"], Path(os.environ["STUDIO_DATA_DIR"])).migrate()
        django.setup()
        print(json.dumps(asdict(play(name, database, form, Path(folder), cluster))))
    finally:
        if cluster:
            cluster.stop()


def play(name: str, database: str, form: str, folder: Path, cluster: Cluster | None) -> Row:
    """Start everything, let the crowd order, meddle, wait until all is at rest, and judge."""
    from bench.faults.crowd import Crowd, members
    from bench.faults.judging import Judge
    from bench.faults.scene import Scene
    from bench.faults.table import FAULTS, JOBS

    fault = next(fault for fault in FAULTS if fault.name == name)
    long = form == "long"
    scene = Scene.set(folder, fault, seconds=fault.seconds[not long], jobs=JOBS[form], cluster=cluster)
    began = time.monotonic()
    with scene.studio.server:
        try:
            scene.start()
            crowd = Crowd(scene.studio, members(), scene.jobs, web=fault.web)
            judge = Judge(scene, crowd, fault)
            crowd.start()
            fault.meddle(scene)
            recovered = judge.recovery(LONGEST_RECOVERY)
            scene.wait(scene.resting, LONGEST_REST[form])
            return judge.row(database, recovered=recovered, took=time.monotonic() - began)
        finally:
            scene.studio.kill()


if __name__ == "__main__":
    main(*sys.argv[1:])
