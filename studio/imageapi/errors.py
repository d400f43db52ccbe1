"""What can go wrong, sorted by what the caller should do."""


class ImageAPIError(Exception):
    """The root of everything that the client raises; its text is fit for people and never holds the key.

    ImageAPIError
    ├── LineStopped         nobody's job is at fault: stop the line, keep the jobs, tell the admins
    │   ├── KeyRefused          401: the team's key is no good
    │   ├── WalletEmpty         402: the team's wallet is empty
    │   └── ServiceRefused      403, 404, 405 …: whatever is ordered is turned away
    ├── Throttled           429: wait `seconds`, then ask again
    ├── OrderRefused        this order, never again unchanged; `parameter` may be left out
    ├── NotSent             surely nothing left this machine: safe to send again
    ├── OutcomeUnknown      it may have been accepted and paid: never send again by machine
    ├── Unreachable         a read failed for now: look again later
    ├── TaskUnknown         the API does not know this task
    ├── AssetGone           the picture is not there any more
    └── AssetRefused        this address may not be fetched, or what it gives may not be taken

    `code` is the API's own word for it, lower case, empty when it gave none.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class LineStopped(ImageAPIError):
    """Nothing can be made for anyone until an admin has done something."""


class KeyRefused(LineStopped):
    """The API does not accept the team's key: it is wrong, expired, revoked or missing."""


class WalletEmpty(LineStopped):
    """The team's wallet at the provider does not cover the order."""


class ServiceRefused(LineStopped):
    """The API, or something before it, turns orders away whatever they are: a wall, a wrong address, a closed door."""


class Throttled(ImageAPIError):
    """Too many requests; after `seconds` the API wants to hear from us again."""

    def __init__(self, message: str, code: str = "", *, seconds: float) -> None:
        super().__init__(message, code)
        self.seconds = seconds


class OrderRefused(ImageAPIError):
    """The API will not make this order; `parameter` names the option we sent that is at fault, if one is."""

    def __init__(self, message: str, code: str = "", *, parameter: str = "") -> None:
        super().__init__(message, code)
        self.parameter = parameter


class NotSent(ImageAPIError):
    """The connection was never opened, so the order surely did not arrive."""


class OutcomeUnknown(ImageAPIError):
    """The order may have arrived, and no readable answer says what became of it."""


class Unreachable(ImageAPIError):
    """A question that costs nothing got no usable answer this time."""


class TaskUnknown(ImageAPIError):
    """The API answers 404 for a task."""


class AssetGone(ImageAPIError):
    """The host of a picture says that it is not there or not ours any more (403, 404, 410)."""


class AssetRefused(ImageAPIError):
    """Not ours to take: a private address, another scheme, too many redirects, too big, or compressed."""
