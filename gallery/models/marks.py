"""What people put on pictures: tags for everyone who sees them, favourites each for oneself."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from gallery import words
from gallery.models.images import Image

TAG_LENGTH = 40


class Tag(models.Model):
    """Words that pictures are found by; "Élan!" and "elan" are the same, and the first way to write it stays."""

    name = models.CharField(max_length=TAG_LENGTH)
    key = models.CharField(max_length=8 * TAG_LENGTH, unique=True, editable=False, help_text="see key_of")

    class Meta:
        ordering = (Lower("name"),)
        constraints = (
            models.CheckConstraint(condition=~models.Q(name="") & ~models.Q(key=""), name="tag_has_name"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The key goes by the name."""
        self.key = key_of(self.name)
        super().save(*args, **kwargs)


def key_of(name: str) -> str:
    """What is the same for all ways to write a tag: its words as the search compares them."""
    return " ".join(words.split(name))


class Tagged(models.Model):
    """A tag on a picture."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="taggings", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("image", "tag"), name="image_tag_once"),)
        indexes = (models.Index(fields=["tag", "-image"], name="tag_images"),)

    def __str__(self) -> str:
        return f"tag {self.tag_id} on image {self.image_id}"


class Favourite(models.Model):
    """A picture somebody likes; nobody else is told."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="favourites", db_index=False
    )
    image = models.ForeignKey(Image, models.CASCADE, related_name="favourites")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "image"), name="favourite_once"),)
        indexes = (models.Index(fields=["user", "-image"], name="favourites_of"),)

    def __str__(self) -> str:
        return f"image {self.image_id} of user {self.user_id}"
