"""What the pages of the projects ask."""

from django import forms

LEAST, MOST = 5, 10_000_000


class ProjectForm(forms.Form):
    """What a project is called. The library says what is taken already."""

    name = forms.CharField(max_length=80, label="Name")
    code = forms.CharField(
        required=False,
        max_length=12,
        label="Code",
        help_text="Short, as on the client's papers. May stay empty.",
    )
    client = forms.CharField(
        required=False,
        max_length=80,
        label="Client",
        widget=forms.TextInput(attrs={"list": "clients", "autocomplete": "off"}),
        help_text="Whom it is for. Projects of one client stand together.",
    )


class CapForm(forms.Form):
    """The most a project may take a month; empty for no cap."""

    monthly = forms.IntegerField(
        required=False, min_value=LEAST, max_value=MOST, label="Credits a month", help_text="Empty: no cap."
    )
