from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from gallery import access, acts, exports
from gallery.exports import Wanted
from gallery.library.albums import NAME_LENGTH
from gallery.models import Album, Project
from gallery.models.marks import TAG_LENGTH

# The field that holds what an act is done with.
TARGETS = {"tag": "tag", "untag": "tag", "project": "project", "place": "album", "unplace": "album"}


class PlaceForm(forms.Form):
    """Where pictures of a person's own go; without a project it is the first one that is open."""

    project = forms.ModelChoiceField(
        Project.objects.all(), required=False, error_messages={"invalid_choice": "There is no such project."}
    )
    private = forms.BooleanField(required=False)

    def clean_project(self) -> Project | None:
        """The project that was asked for, or the first open one; one that was archived meanwhile is named."""
        project: Project | None = self.cleaned_data["project"]
        if project and project.archived_at:
            raise ValidationError(f"“{project}” was archived. Choose another project, then add it again.")
        return project or access.open_projects().order_by("pk").first()


class UploadForm(PlaceForm):
    """One picture of a person's own."""

    image = forms.FileField(
        allow_empty_file=True, error_messages={"required": "There was no file. Pick a picture."}
    )


class DownloadForm(forms.Form):
    """How a picture is to leave; nothing said is the original with its provenance."""

    format = forms.ChoiceField(
        choices=[("", "As it was made"), ("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WebP")], required=False
    )
    side = forms.TypedChoiceField(
        choices=[("", "Full size"), *((str(side), f"{side:,} pixels") for side in exports.SIDES)],
        coerce=int,
        required=False,
        label="Longer side",
    )
    strip = forms.BooleanField(required=False, label="Without any metadata")

    def wanted(self) -> Wanted:
        """What a valid form asks for."""
        fields = self.cleaned_data
        return Wanted(format=fields["format"], side=fields["side"] or 0, strip=fields["strip"])


class NoteForm(forms.Form):
    """What a picture's owner, or an admin, has to say of it."""

    note = forms.CharField(required=False)
    # What the page showed when they began: nobody else's words are written over unread.
    started = forms.CharField(required=False)

    def clean_note(self) -> str:
        """Lines as they are counted in the field: a browser sends each end of one as two characters."""
        text: str = self.cleaned_data["note"]
        return text.replace("\r\n", "\n")

    def started_from(self) -> str | None:
        """The note that a valid form began with, where it says so."""
        text: str = self.cleaned_data["started"]
        return text if "started" in self.data else None


class ActForm(forms.Form):
    """What is to be done to pictures, and with which tag, album or project."""

    act = forms.ChoiceField(choices=[(name, name) for name in acts.ACTS])
    tag = forms.CharField(required=False, max_length=TAG_LENGTH)
    album = forms.CharField(required=False)
    album_name = forms.CharField(required=False)
    project = forms.CharField(required=False)

    def said(self) -> tuple[str, str]:
        """The act and its target; ValidationError with a sentence when it can't be done."""
        if not self.is_valid():
            raise ValidationError([words for found in self.errors.values() for words in found])
        name = self.cleaned_data["act"]
        target = self.cleaned_data.get(TARGETS.get(name, ""), "")
        if name == "place" and not target:
            if not self.cleaned_data["album_name"]:
                raise ValidationError("Choose an album, or type the name of a new one.")
            target = acts.NEW + self.cleaned_data["album_name"]
        return name, target


class AlbumForm(forms.Form):
    """What an album is called, and what the team may do with it."""

    name = forms.CharField(
        max_length=NAME_LENGTH,
        error_messages={"required": "An album needs a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    team = forms.ChoiceField(
        choices=Album.Team.choices,
        required=False,
        label="Who sees it",
        widget=forms.RadioSelect,
        initial=Album.Team.VIEW,
    )


class ShareForm(forms.Form):
    """The member an album is shared with, one of `guests`."""

    may_add = forms.BooleanField(
        required=False, label="May add pictures", help_text="And take those out again."
    )

    def __init__(self, *args: Any, guests: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = {
            "required": "Choose somebody to share it with.",
            "invalid_choice": "It can’t be shared with them. Choose somebody else.",
        }
        guest = forms.ModelChoiceField(
            guests, label="Member", empty_label="Choose somebody", error_messages=told
        )
        self.fields = {"guest": guest, **self.fields}
