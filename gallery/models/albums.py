"""Albums: pictures put together by hand, for the team, for named members, or for oneself."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from gallery.models.images import Image


class Album(models.Model):
    """Pictures in an order of somebody's choice; a picture may be in many."""

    class Team(models.TextChoices):
        """What everyone in the team may do with it."""

        NOTHING = "", "Only its owner and the members named"
        VIEW = "view", "Everyone sees it"
        ADD = "add", "Everyone sees it and adds pictures"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="albums")
    name = models.CharField(max_length=80)
    team = models.CharField(max_length=4, choices=Team.choices, default=Team.VIEW, blank=True)
    cover = models.ForeignKey(
        Image, models.SET_NULL, null=True, blank=True, related_name="+", help_text="else its first picture"
    )
    created_at = models.DateTimeField(default=timezone.now)
    trashed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = (Lower("name"),)
        constraints = (
            models.CheckConstraint(condition=~models.Q(name=""), name="album_has_name"),
            models.CheckConstraint(condition=models.Q(team__in=("", "view", "add")), name="album_team"),
            models.UniqueConstraint(
                "owner",
                Lower("name"),
                condition=models.Q(trashed_at=None),
                name="album_name_once_an_owner",
                violation_error_message="You have an album of this name.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The album's own page."""
        return reverse("gallery:album", args=[self.pk])


class Placed(models.Model):
    """A picture's place in an album."""

    album = models.ForeignKey(Album, models.CASCADE, related_name="places", db_index=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="places")
    position = models.PositiveBigIntegerField(help_text="smaller ones come first; gaps mean nothing")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("album", "image"), name="album_image_once"),)
        indexes = (models.Index(fields=["album", "position", "id"], name="album_order"),)

    def __str__(self) -> str:
        return f"image {self.image_id} in album {self.album_id}"


class Guest(models.Model):
    """A member an album is shared with by name: they see all of it, also its owner's private pictures."""

    album = models.ForeignKey(Album, models.CASCADE, related_name="guests", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    may_add = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("album", "member"), name="album_guest_once"),)

    def __str__(self) -> str:
        return f"member {self.member_id} in album {self.album_id}"
