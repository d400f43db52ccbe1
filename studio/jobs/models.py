"""Making: jobs, what they are made from, what came of them, and the line they stand in."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from gallery.models import Image
from studio.imageapi import MODELS, Model
from studio.jobs.states import State


class Job(models.Model):
    """One order of one to four pictures, from the moment it was asked for. What it costs is frozen here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    nonce = models.CharField(max_length=64, blank=True)
    ordered_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(
        default=timezone.now, help_text="its place among its owner's orders; to reorder them is to swap these"
    )
    first_at = models.DateTimeField(null=True, help_text="when an admin moved it to the head of the line")
    first_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    model_name = models.CharField(max_length=40)
    made = models.CharField(
        max_length=8, choices=Image.Kind, help_text="generate, or edit when it has sources"
    )
    prompt = models.TextField()
    aspect_ratio = models.CharField(max_length=8)
    output_format = models.CharField(max_length=5)
    asked = models.PositiveSmallIntegerField()
    price = models.PositiveIntegerField(help_text="credits a picture")
    project_id = models.BigIntegerField()
    project_name = models.CharField(max_length=80)
    private = models.BooleanField(default=False)

    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    state_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, help_text="when to look at it next")
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    doubts = models.PositiveSmallIntegerField(
        default=0, help_text="how often its sender's lease was found to have run out"
    )

    api = models.CharField(max_length=200, help_text="where it was ordered, and the only one it is sent to")
    left_out = models.JSONField(default=list, help_text="options the API refuses, made good here")
    sent_at = models.DateTimeField(null=True)
    task_id = models.CharField(max_length=200, blank=True)
    remote_at = models.DateTimeField(null=True, help_text="the provider's own word of when it began")
    progress = models.PositiveSmallIntegerField(null=True)
    looks = models.PositiveIntegerField(default=0)
    looked_at = models.DateTimeField(null=True, help_text="when a look last said that it was not ready")
    took = models.FloatField(
        null=True, help_text="seconds from sent to ready, as near as the looks could tell"
    )
    troubles = models.PositiveSmallIntegerField(default=0, help_text="looks that failed in a row")
    missing_since = models.DateTimeField(null=True)
    disliked_at = models.DateTimeField(
        null=True, help_text="when the API took no orders as this one was sent"
    )
    empty_since = models.DateTimeField(null=True, help_text="finished, but its results are not all there")

    delivered = models.PositiveSmallIntegerField(default=0)
    captured = models.PositiveIntegerField(default=0, help_text="the credits its owner paid")
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    settled_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)
    counted = models.BooleanField(default=False, help_text="at rest, and part of the day's statistics")
    alarmed = models.PositiveSmallIntegerField(
        default=0, help_text="paid and not home for this many hours when admins were last told"
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"]),
            models.Index(fields=["state", "queued_at"]),
            models.Index(fields=["owner", "-ordered_at"]),
            models.Index(fields=["-ordered_at"]),
            models.Index(fields=["owner", "sent_at"]),
            # What is in the strip is asked by every poll, and must cost the same after years.
            models.Index(
                fields=["owner", "-ordered_at"], name="job_in_strip", condition=Q(dismissed_at=None)
            ),
            models.Index(fields=["finished_at"], name="job_not_counted", condition=Q(counted=False)),
            # What ended in a period, and how; a row comes into it once, when it is at rest.
            models.Index(
                fields=["state", "-finished_at", "-id"],
                name="job_ended",
                condition=Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["api", "model_name", "made", "asked", "-sent_at"],
                name="job_took",
                condition=Q(took__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "nonce"], condition=~Q(nonce=""), name="a_double_click_is_one_order"
            ),
            models.CheckConstraint(condition=~Q(api=""), name="an_order_is_for_one_api"),
            models.CheckConstraint(condition=Q(asked__gte=1, price__gte=1), name="an_order_is_for_something"),
            models.CheckConstraint(
                condition=Q(made__in=["generate", "edit"]), name="an_order_is_for_some_work"
            ),
            models.CheckConstraint(
                condition=Q(delivered__lte=F("asked")), name="delivered_at_most_what_was_asked"
            ),
            models.CheckConstraint(
                condition=Q(captured__lte=F("price") * F("delivered")), name="paid_for_what_was_delivered"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.MAKING, State.SAVING, State.DONE]) | ~Q(task_id=""),
                name="what_is_made_has_a_task",
            ),
            models.CheckConstraint(
                condition=Q(lease_token__isnull=True, lease_until__isnull=True)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="a_lease_has_an_end",
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="a_job_is_in_a_known_state"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} ({self.state})"

    @property
    def model(self) -> Model:
        """The image model it was ordered from."""
        return MODELS[self.model_name]

    @property
    def cost(self) -> int:
        """The credits it may cost at most."""
        return self.price * self.asked


class DayOfJobs(models.Model):
    """The orders of the real API that came to rest on a day, counted by what became of them and why.

    Only `statistics` writes here; times are sums in seconds over the orders that were `sent` or `made` at all.
    """

    day = models.DateField()
    made = models.CharField(max_length=8)
    model_name = models.CharField(max_length=40)
    state = models.CharField(max_length=9, choices=State)
    reason_code = models.CharField(max_length=40, blank=True)
    orders = models.PositiveIntegerField(default=0)
    pictures = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0, help_text="orders that left the line")
    waited = models.PositiveBigIntegerField(default=0, help_text="seconds in the line, of those sent")
    took = models.PositiveBigIntegerField(default=0, help_text="seconds from sent to done, of those done")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "made", "model_name", "state", "reason_code"], name="one_count_a_kind_of_end"
            )
        ]

    def __str__(self) -> str:
        return f"{self.orders} {self.state} on {self.day}"


class Source(models.Model):
    """A picture an edit is made from, in the order they were given."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="sources")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "position"], name="one_source_a_place")
        ]

    def __str__(self) -> str:
        return f"source {self.position} of {self.job_id}"


class Output(models.Model):
    """A result of a job that has to come home: where it lies, and the picture once it is here."""

    class Trouble(models.TextChoices):
        """What is in the way of a result; all but the first stay once the results have expired."""

        PASSING = "passing"
        GONE = "gone"
        REFUSED = "refused"
        UNUSABLE = "unusable"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="outputs")
    position = models.PositiveSmallIntegerField()
    url = models.TextField()
    image = models.OneToOneField(Image, null=True, on_delete=models.SET_NULL, related_name="+")
    saved_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    trouble = models.CharField(max_length=8, choices=Trouble, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "position"], name="one_output_a_place")
        ]

    def __str__(self) -> str:
        return f"output {self.position} of {self.job_id}"


class Submit(models.Model):
    """A slot of the account's window that was used: in flight until answered, counted for a window after that."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="submits")
    api = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    counted = models.BooleanField(
        default=True, help_text="false once it is sure that the API did not accept it"
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["api", "counted", "answered_at"])]

    def __str__(self) -> str:
        return f"submit of {self.job_id} at {self.started_at}"


class Line(models.Model):
    """The one line all jobs wait in, and the lock under which slots are taken. One row, made by a migration."""

    class Stop(models.TextChoices):
        """Why nothing is sent at the moment."""

        NONE = ""
        KEY = "key"
        WALLET = "wallet"
        LOST = "lost"
        UNREACHABLE = "unreachable"
        REFUSED = "refused"
        BUDGET = "budget"
        RESTORED = "restored"

    stop = models.CharField(max_length=12, choices=Stop, default=Stop.NONE, blank=True)
    words = models.CharField(max_length=400, blank=True)
    stopped_at = models.DateTimeField(null=True)
    key_mark = models.CharField(max_length=16, blank=True, help_text="which key was refused")
    losses = models.PositiveIntegerField(default=0, help_text="answers lost in a row since one was accepted")
    probes = models.PositiveIntegerField(default=0, help_text="attempts to start again since it stopped")
    probe_at = models.DateTimeField(null=True, help_text="when to try to start again")
    careful = models.BooleanField(default=False, help_text="one submit at a time until one is accepted")
    paced_api = models.CharField(max_length=200, blank=True, help_text="the API that taught us what follows")
    throttled = models.PositiveIntegerField(default=0, help_text="429s in a row since one was accepted")
    not_before = models.DateTimeField(null=True, help_text="the moment a 429 told us to wait for")
    narrowed_to = models.PositiveSmallIntegerField(
        null=True, help_text="submits a window, when a 429 taught us fewer"
    )
    narrowed_at = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True, help_text="a wake-up is under way for this moment")
    per_minute = models.PositiveSmallIntegerField(
        null=True, help_text="submits a minute as an admin set them; else as configured"
    )
    per_minute_at = models.DateTimeField(null=True)
    per_minute_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    told_of = models.DateTimeField(null=True, help_text="of which stop admins were mailed")
    installation = models.UUIDField(null=True, help_text="whose the mark outside the database is")
    taken = models.PositiveBigIntegerField(default=0, help_text="submits ever begun, as the mark counts them")
    home = models.CharField(max_length=200, blank=True, help_text="where this database lies")

    def __str__(self) -> str:
        return self.stop or "running"


class LookPace(models.Model):
    """How often an API lets us look, once it has refused looks: until then nobody counts them."""

    api = models.CharField(max_length=200, primary_key=True)
    every = models.FloatField(
        default=0, help_text="seconds from one look to the next; 0 when as many as we like"
    )
    next_at = models.DateTimeField(null=True, help_text="the next look may be taken from here on")
    refused_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"a look every {self.every:g} s"


class RefusedOption(models.Model):
    """A documented option the API was seen to refuse: left out from then on and made good here."""

    api = models.CharField(max_length=200)
    model_name = models.CharField(max_length=40)
    option = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["api", "model_name", "option"], name="refused_once")
        ]

    def __str__(self) -> str:
        return f"{self.option} of {self.model_name}"


class Heard(models.Model):
    """When a process was last heard of, and when one last did what it is asked to do every few seconds."""

    SILENT: ClassVar = timedelta(seconds=60)
    """After so long it counts as dead."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
