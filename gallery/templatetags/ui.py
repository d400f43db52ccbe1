"""The few template tags that every page uses."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of static/vendor/icons.svg, for the eye only: words beside it say what it means."""
    return format_html(
        '<svg class="i" aria-hidden="true"><use href="{}#{}"></use></svg>', static("vendor/icons.svg"), name
    )


@register.filter
def shape(ratio: str) -> str:
    """The class that gives an element the shape of a ratio: "16:9" is "r-16-9", "auto" is "auto"."""
    return ratio if ratio == "auto" else f"r-{ratio.replace(':', '-')}"


@register.filter
def number(value: int) -> str:
    """A whole number for people: 1240 is "1,240", -5 is "−5"."""
    return f"{value:,}".replace("-", "−")


@register.filter
def signed(value: int) -> str:
    """A move for people: 5 is "+5", -1240 is "−1,240"."""
    return f"{value:+,}".replace("-", "−") if value else "0"
