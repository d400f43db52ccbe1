"""What the frame around every page shows."""

from typing import Any

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """The navigation, the balance and the notices of the signed-in person."""
    return {"theme": request.COOKIES.get("theme", "")}
