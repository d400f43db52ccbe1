"""All that is looked at, in the order in which it is told: what others stand on comes first."""

from studio.doctor import configuration, database, folders, mailserver, processes, trial
from studio.doctor.checkup import Check
from studio.doctor.provider import Provider

# The API's own deadline for a read is longer; who waits at a terminal should not.
API_SECONDS = 8.0


def checks() -> list[Check]:
    """The checks; those of the API share one reading."""
    provider = Provider()
    return [
        Check(name="settings", look=configuration.look),
        Check(name="database", look=database.look),
        Check(name="migrations", look=database.migrations),
        Check(name="broker", look=processes.broker),
        Check(name="worker", look=processes.heard("worker")),
        Check(name="beat", look=processes.heard("beat")),
        Check(name="messages", look=processes.messages),
        Check(name="line", look=processes.the_line),
        Check(name="disk", look=folders.disk),
        Check(name="media", look=folders.media),
        Check(name="key", look=provider.key, seconds=API_SECONDS),
        Check(name="wallet", look=provider.wallet, seconds=API_SECONDS),
        Check(name="clock", look=provider.clock, seconds=API_SECONDS),
        Check(name="mail", look=mailserver.look, seconds=mailserver.SECONDS + 1.0),
    ]


ROUND = Check(name="round", look=trial.look, seconds=trial.SECONDS + 5)
