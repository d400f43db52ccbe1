"""The few template tags that every page uses."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gallery import previews

register = template.Library()
ANY = 10**17


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of static/vendor/icons.svg, for the eye only: words beside it say what it means."""
    return format_html(
        '<svg class="i" aria-hidden="true"><use href="{}#{}"></use></svg>', static("vendor/icons.svg"), name
    )


@register.simple_tag
def page_of(image_id: int) -> str:
    """The address of a picture's page."""
    before, after = _around("gallery:image")
    return f"{before}{image_id}{after}"


@register.simple_tag
def sources(image_id: int) -> SafeString:
    """The addresses of a picture's small copies, for an img: src and srcset."""
    copies = [(width, *_around("gallery:preview", width)) for width in previews.WIDTHS]
    addresses = [f"{before}{image_id}{after} {width}w" for width, before, after in copies]
    return format_html('src="{}" srcset="{}"', addresses[1].split()[0], ", ".join(addresses))


@cache
def _around(name: str, *rest: int) -> tuple[str, str]:
    """What stands before and after a picture's number in an address: a page has hundreds, all alike."""
    before, after = reverse(name, args=[ANY, *rest]).split(str(ANY))
    return before, after


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
