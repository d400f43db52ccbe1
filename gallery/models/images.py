"""Pictures, and what they were made from."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone

from gallery import classes
from gallery.models.projects import Project


class Image(models.Model):
    """A kept picture. Its file is named by the hash of its bytes and never changes."""

    class Kind(models.TextChoices):
        """Where a picture came from."""

        GENERATE = "generate", "made"
        EDIT = "edit", "edited"
        UPLOAD = "upload", "uploaded"

    class Format(models.TextChoices):
        """What its file was decoded as, whatever its name said."""

        PNG = "png", "PNG"
        JPEG = "jpeg", "JPEG"
        WEBP = "webp", "WebP"

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="images", db_index=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="images", db_index=False)
    booked_on = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="the project it was paid by, when it stands in another one since",
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    prompt = models.TextField(blank=True)
    options = models.JSONField(
        default=dict, blank=True, help_text="model, aspect_ratio and output_format as ordered"
    )
    job = models.UUIDField(null=True, blank=True, help_text="the order it was made by; none for an upload")
    position = models.PositiveSmallIntegerField(default=0, help_text="its place in the order, from 0")
    file_name = models.CharField(
        max_length=255, blank=True, help_text="an upload's own name; never used on disk"
    )
    format = models.CharField(max_length=4, choices=Format.choices)
    width = models.PositiveIntegerField(help_text="pixels, as it is seen")
    height = models.PositiveIntegerField(help_text="pixels, as it is seen")
    size = models.PositiveBigIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    ratio = models.CharField(max_length=5, help_text="the nearest of the ten shapes")
    colour = models.PositiveSmallIntegerField(help_text="its main colour, one of 64 classes")
    credits = models.PositiveIntegerField(default=0, help_text="what it cost")
    private = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    note = models.TextField(blank=True)
    winner = models.BooleanField(default=False, help_text="on top of its order's stack")
    trashed_at = models.DateTimeField(null=True, blank=True)
    trashed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    deleted_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="gone for good: the file and all words; the row stays for lineage and books",
    )
    freed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="when a picture that is gone for good gave its file up: removed, or seen to be another one's too",
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            # NULL differs from NULL, so that uploads, which have no job, are not held by this.
            models.UniqueConstraint(fields=("job", "position"), name="image_once_per_place"),
            models.UniqueConstraint(
                fields=("owner", "sha256", "private"),
                condition=models.Q(kind="upload", deleted_at=None),
                name="image_upload_once",
            ),
            models.UniqueConstraint(
                fields=("job",), condition=models.Q(winner=True), name="image_one_winner_an_order"
            ),
            models.CheckConstraint(
                condition=models.Q(deleted_at=None)
                | models.Q(trashed_at__isnull=False, prompt="", note="", file_name="", winner=False),
                name="image_gone_says_nothing",
            ),
            models.CheckConstraint(
                condition=models.Q(freed_at=None) | models.Q(deleted_at__isnull=False),
                name="image_keeps_its_file",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=("generate", "edit", "upload")), name="image_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(format__in=("png", "jpeg", "webp")), name="image_format"
            ),
            models.CheckConstraint(
                condition=models.Q(width__gt=0, height__gt=0, size__gt=0, position__gte=0, credits__gte=0),
                name="image_sizes",
            ),
            models.CheckConstraint(condition=Exact(Length("sha256"), 64), name="image_sha256_length"),
            models.CheckConstraint(condition=models.Q(ratio__in=classes.RATIOS), name="image_ratio"),
            models.CheckConstraint(
                condition=models.Q(colour__range=(0, classes.COLOURS - 1)), name="image_colour"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="upload") | models.Q(job=None, credits=0),
                name="image_upload_costs_nothing",
            ),
        )
        # One for each way through the gallery, so that a page costs the same at any depth.
        indexes = (
            models.Index(
                fields=["-id"], name="image_team", condition=models.Q(private=False, trashed_at=None)
            ),
            models.Index(fields=["owner", "-id"], name="image_mine", condition=models.Q(trashed_at=None)),
            models.Index(
                fields=["project", "-id"], name="image_project", condition=models.Q(trashed_at=None)
            ),
            models.Index(fields=["kind", "-id"], name="image_of_kind", condition=models.Q(trashed_at=None)),
            models.Index(fields=["ratio", "-id"], name="image_of_ratio", condition=models.Q(trashed_at=None)),
            models.Index(
                fields=["-id"], name="image_private", condition=models.Q(private=True, trashed_at=None)
            ),
            # And one for the months of each tab.
            models.Index(
                fields=["created_at"],
                name="image_team_months",
                condition=models.Q(private=False, trashed_at=None),
            ),
            models.Index(
                fields=["owner", "created_at"], name="image_own_months", condition=models.Q(trashed_at=None)
            ),
            models.Index(
                fields=["project", "created_at", "private", "owner"],
                name="image_project_months",
                condition=models.Q(trashed_at=None),
            ),
            models.Index(fields=["sha256"], name="image_sha256"),
            models.Index(
                fields=["-trashed_at", "-id"],
                name="image_in_trash",
                condition=models.Q(trashed_at__isnull=False, deleted_at=None),
            ),
            models.Index(
                fields=["deleted_at"],
                name="image_to_free",
                condition=models.Q(deleted_at__isnull=False, freed_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"Image {self.pk}"

    def get_absolute_url(self) -> str:
        """The picture's own page."""
        return reverse("gallery:image", args=[self.pk])

    @property
    def mime(self) -> str:
        """The media type of the original's bytes."""
        return f"image/{self.format}"

    @property
    def etag(self) -> str:
        """A name for the picture's bytes, the same as long as they are."""
        return self.sha256[:32]


class Parent(models.Model):
    """A picture another one was made from, in the order they were given."""

    child = models.ForeignKey(Image, models.CASCADE, related_name="parent_links", db_index=False)
    parent = models.ForeignKey(Image, models.PROTECT, related_name="child_links")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("child", "position")
        constraints = (
            models.UniqueConstraint(fields=("child", "position"), name="parent_once_per_place"),
            models.CheckConstraint(condition=~models.Q(child=models.F("parent")), name="parent_is_another"),
            models.CheckConstraint(condition=models.Q(position__gte=0), name="parent_position"),
        )

    def __str__(self) -> str:
        return f"{self.parent_id} → {self.child_id}"
