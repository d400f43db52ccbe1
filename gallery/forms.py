from django import forms

from gallery import access
from gallery.models import Project


class UploadForm(forms.Form):
    """One picture of a person's own; without a project it goes to the first one that is open."""

    image = forms.FileField(
        allow_empty_file=True, error_messages={"required": "There was no file. Pick a picture."}
    )
    project = forms.ModelChoiceField(
        Project.objects.none(), required=False, error_messages={"invalid_choice": "This project is not open."}
    )
    private = forms.BooleanField(required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        self.fields["project"].queryset = access.open_projects()  # type: ignore[attr-defined]  # of this field's type

    def clean_project(self) -> Project | None:
        """The project that was asked for, or the first open one."""
        return self.cleaned_data["project"] or access.open_projects().order_by("pk").first()
