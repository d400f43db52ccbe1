"""The faults, as data."""

from collections.abc import Mapping

from bench.faults import inside, meddlers
from bench.faults.crowd import EVERYONE, ODD
from bench.faults.fault import Fault
from bench.faults.meddlers import HOUR, api

JOBS: Mapping[str, int] = {"long": 200, "short": 24}
SHORT_LIVED: Mapping[str, str] = {"STUDIO_RESULTS_SECONDS": "50"}
"""What can't be had is given up when it expires: here soon after it was sent."""
# Of those that drip for ever each attempt holds one of four savers for some seconds.
LONGER_LIVED: Mapping[str, str] = {"STUDIO_RESULTS_SECONDS": "150"}
AT_ONCE: Mapping[str, str] = {"STUDIO_SUBMITS_PER_MINUTE": "150"}


def _asset(
    name: str, *, share: float = 0.3, lives: Mapping[str, str] = SHORT_LIVED, **options: object
) -> Fault:
    """A third of the downloads go wrong, and the third picture of odd orders always."""
    fault = f"asset.{name}"
    meddle = api((fault, {"share": share, **options}), lasting=((fault, {"word": ODD, "nth": 3, **options}),))
    return Fault(
        name=f"asset-{name.replace('_', '-')}",
        meddle=meddle,
        seconds=(150, 90),
        settings=lives,
        hopeless=ODD,
    )


def _results(name: str, *, hopeless: str = "") -> Fault:
    """Odd orders get another number of results than they asked for."""
    meddle = api(lasting=((f"status.{name}", {"word": ODD}),))
    return Fault(name=f"results-{name}", meddle=meddle, hopeless=hopeless)


FAULTS: tuple[Fault, ...] = (
    Fault(name="nothing", meddle=meddlers.nothing, starred=True),
    Fault(name="workers-killed", meddle=meddlers.workers_killed, seconds=(60, 15), starred=True, in_ci=True),
    Fault(
        name="storm",
        meddle=api(
            ("submit.drop", {"share": 0.05}),
            ("submit.error_500", {"share": 0.1}),
            ("submit.error_502", {"share": 0.05}),
            ("status.fail", {"word": ODD, "share": 0.5}),
            ("status.gap", {"share": 0.2}),
            ("status.error_500", {"share": 0.05}),
            ("asset.truncated", {"share": 0.1}),
            ("asset.html", {"share": 0.1}),
            ("asset.missing", {"share": 0.1}),
            meanwhile=meddlers.storm,
        ),
        seconds=(150, 60),
        hopeless=ODD,
    ),
    Fault(name="all-killed", meddle=meddlers.all_killed, starred=True, web=True),
    Fault(name="two-beats", meddle=meddlers.two_beats, starred=True),
    Fault(name="broker-killed", meddle=meddlers.broker_killed, seconds=(30, 8), starred=True, web=True),
    Fault(name="broker-emptied", meddle=meddlers.broker_emptied, seconds=(60, 20), starred=True),
    Fault(name="broker-slow", meddle=meddlers.broker_slow, starred=True, web=True, needs=("slow broker",)),
    Fault(
        name="database-restarted",
        meddle=meddlers.database_restarted,
        starred=True,
        web=True,
        databases=("PostgreSQL",),
    ),
    Fault(name="database-locked", meddle=meddlers.database_locked, seconds=(10, 5), starred=True),
    Fault(name="clock-1h-ahead", meddle=meddlers.clock(HOUR), web=True, needs=("faketime",)),
    Fault(name="clock-1h-behind", meddle=meddlers.clock(-HOUR), web=True, needs=("faketime",)),
    Fault(name="clock-25h-ahead", meddle=meddlers.clock(25 * HOUR), web=True, needs=("faketime",)),
    Fault(name="api-down", meddle=meddlers.api_down, seconds=(600, 8)),
    Fault(
        name="server-errors",
        meddle=api(
            ("submit.error_500", {"share": 0.1}),
            ("submit.error_502", {"share": 0.1}),
            ("submit.error_502", {"share": 0.1, "charged": True}),
            ("status.error_500", {"share": 0.3}),
            ("wallet.error_500", {"share": 0.3}),
            ("asset.error_500", {"share": 0.3}),
        ),
        seconds=(400, 60),
    ),
    Fault(
        name="time-outs",
        meddle=api(
            ("submit.slow", {"share": 0.1, "seconds": 8}),
            ("status.slow", {"share": 0.1, "seconds": 18}),
            ("wallet.slow", {"share": 0.1, "seconds": 18}),
            ("asset.slow", {"share": 0.1, "seconds": 18}),
        ),
        seconds=(300, 60),
    ),
    Fault(
        name="slow-bytes",
        meddle=api(
            ("status.drip", {"share": 0.3, "seconds": 0.01}),
            ("wallet.drip", {"share": 0.3, "seconds": 0.1}),
            ("asset.drip", {"share": 0.05, "seconds": 1}),
        ),
        seconds=(240, 60),
    ),
    Fault(
        name="invalid-json",
        meddle=api(
            ("submit.garbage", {"share": 0.1}),
            ("submit.no_task_id", {"share": 0.1}),
            ("status.invalid_json", {"share": 0.3}),
            ("status.html", {"share": 0.1}),
            ("wallet.invalid_json", {"share": 0.3}),
        ),
        seconds=(240, 60),
    ),
    Fault(
        name="odd-words", meddle=api(("status.odd_word", {"share": 0.6}), ("status.pending", {"share": 0.2}))
    ),
    Fault(
        name="dropped-charged",
        meddle=api(("submit.drop", {"share": 0.1})),
        seconds=(240, 60),
        starred=True,
        in_ci=True,
    ),
    Fault(
        name="dropped-uncharged",
        meddle=api(("submit.drop_uncharged", {"share": 0.1})),
        seconds=(240, 60),
        starred=True,
    ),
    Fault(name="key-refused", meddle=meddlers.key_refused, seconds=(30, 6)),
    Fault(name="wallet-empty", meddle=meddlers.wallet_empty, seconds=(30, 6)),
    Fault(
        name="throttled",
        meddle=api(
            ("submit.throttle", {"share": 0.3, "seconds": 1}),
            ("status.throttle", {"share": 0.3, "seconds": 1}),
        ),
        seconds=(240, 60),
    ),
    Fault(
        name="results-late", meddle=api(("status.late", {"share": 0.5, "seconds": 60})), seconds=(180, 100)
    ),
    Fault(name="results-missing", meddle=api(("status.gap", {"seconds": 20}))),
    _results("fewer", hopeless=ODD),
    _results("more"),
    _results("doubled"),
    _asset("truncated"),
    _asset("empty"),
    _asset("html"),
    _asset("svg"),
    Fault(name="asset-wrong-type", meddle=api(("asset.wrong_type", {"share": 0.5}))),
    _asset("bomb"),
    _asset("huge"),
    _asset("drip", share=0.05, lives=LONGER_LIVED, seconds=1),
    _asset("missing"),
    Fault(
        name="asset-redirects",
        meddle=inside.redirects,
        seconds=(150, 90),
        needs=("own network",),
    ),
    Fault(name="disk-full", meddle=meddlers.disk_full, seconds=(20, 6), needs=("own media",)),
    Fault(
        name="away-23h",
        meddle=meddlers.away(23),
        making=(90, 90),
        settings=AT_ONCE,
        needs=("faketime",),
    ),
    Fault(
        name="away-25h",
        meddle=meddlers.away(25),
        making=(90, 90),
        settings=AT_ONCE,
        hopeless=EVERYONE,
        needs=("faketime",),
    ),
)
