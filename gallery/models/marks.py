"""What people put on pictures: tags for everyone who sees them, favourites each for oneself."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from gallery import words
from gallery.models.images import Image

TAG_LENGTH = 40
# One sign may stand for many letters.
KEY_LENGTH = 8 * TAG_LENGTH


class Tag(models.Model):
    """Words that pictures are found by, without how they are written: "Élan!" and "elan" are the same."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True, editable=False, help_text="see key_of")

    class Meta:
        constraints = (models.CheckConstraint(condition=~models.Q(key=""), name="tag_has_key"),)

    def __str__(self) -> str:
        return self.key


def key_of(name: str) -> str:
    """What is the same for all ways to write a tag: its words as the search compares them."""
    return " ".join(words.split(name))


class Tagged(models.Model):
    """A tag on a picture, as it is written there: how it is on a private one is nobody else's to read."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="taggings", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings", db_index=False)
    name = models.CharField(max_length=TAG_LENGTH)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("image", "tag"), name="image_tag_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="tagged_has_name"),
        )
        indexes = (models.Index(fields=["tag", "-image"], name="tag_images"),)

    def __str__(self) -> str:
        return f"{self.name} on image {self.image_id}"


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
