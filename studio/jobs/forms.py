"""An order as people and scripts send it, with the API's own names."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from gallery import access
from gallery.models import Image, Project
from studio.accounts.models import User
from studio.imageapi import GEMINI_25_FLASH

PROMPT_LENGTH = 4000
MODEL = GEMINI_25_FLASH


class OrderForm(forms.Form):
    """Everything but the prompt may be left out; then the API's defaults hold."""

    prompt = forms.CharField(max_length=PROMPT_LENGTH, error_messages={"required": "Say what it shall be."})
    num_images = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MODEL.most_images,
        error_messages={
            "min_value": "At least one picture.",
            "max_value": f"At most {MODEL.most_images} pictures an order.",
        },
    )
    aspect_ratio = forms.ChoiceField(
        required=False,
        choices=[(ratio.name, ratio.name) for ratio in MODEL.ratios],
        error_messages={"invalid_choice": "%(value)s is not a ratio this model makes."},
    )
    output_format = forms.ChoiceField(
        required=False,
        choices=[(name, name) for name in MODEL.formats],
        error_messages={"invalid_choice": "%(value)s is not a format this model makes."},
    )
    # Before `project`, which asks for it.
    instead = forms.ModelChoiceField(Project.objects.none(), required=False)
    project = forms.ModelChoiceField(
        Project.objects.all(), required=False, error_messages={"invalid_choice": "There is no such project."}
    )
    private = forms.BooleanField(required=False)
    fewer = forms.IntegerField(required=False, min_value=1, max_value=MODEL.most_images)
    nonce = forms.CharField(required=False, max_length=64)

    def __init__(self, data: QueryDict, *, owner: User) -> None:
        super().__init__(data)
        self.owner = owner
        self.fields["instead"].queryset = access.open_projects()  # type: ignore[attr-defined]  # of this field's type
        self.source_ids = data.getlist("sources")

    def clean_aspect_ratio(self) -> str:
        """The API's default unless said otherwise."""
        return str(self.cleaned_data["aspect_ratio"] or MODEL.ratios[0].name)

    def clean_output_format(self) -> str:
        """The API's default unless said otherwise."""
        return str(self.cleaned_data["output_format"] or MODEL.formats[0])

    def clean_project(self) -> Project:
        """The project, or the first open one. "Use Alba" stands in the same form as the picker, and means itself."""
        chosen = self.cleaned_data.get("instead") or self.cleaned_data["project"]
        project = chosen or access.open_projects().order_by("pk").first()
        if project is None:
            raise ValidationError("Every project is archived. Add one first.")
        if project.archived_at:
            raise ValidationError(f"“{project}” was archived. It takes no new pictures.", code="archived")
        return project

    def clean(self) -> dict[str, Any]:
        """The pictures to edit, in the order given; one that may not be seen does not exist."""
        data = super().clean() or {}
        # "Make 3" stands in the same form as the four radios, and means itself.
        data["num_images"] = data.get("fewer") or data.get("num_images") or 1
        # A number longer than any id there is would be more than the database takes.
        ids = [int(value) if value.isdecimal() and len(value) < 19 else -1 for value in self.source_ids]
        found: dict[int, Image] = access.visible_to(self.owner).in_bulk(ids)
        data["sources"] = [found[pk] for pk in dict.fromkeys(ids) if pk in found]
        if len(found) < len(set(ids)):
            raise ValidationError(
                "One of the pictures to edit is not there any more. Take it out of the tray."
            )
        return data
