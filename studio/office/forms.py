"""What the office's pages ask."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from studio import remote
from studio.accounts.models import User
from studio.credits import periods
from studio.office import apikey, spans
from studio.office.allowanceforms import GIVEN, MOST, AllowanceForm, UsualForm


def new_password(autocomplete: str = "new-password") -> forms.CharField:
    """A field for a password that is set here."""
    return forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        strip=False,
        help_text="At least 8 characters, and not one of the common ones.",
    )


class SetupForm(UsualForm):
    """The first admin, the key, and how credits are shared."""

    balance = Decimal(0)

    name = forms.CharField(
        max_length=80, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = new_password()
    api_key = forms.CharField(
        required=False,
        max_length=200,
        label="API key",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="From 3D AI Studio. It is tried at once and kept in a file only the studio can read.",
    )
    try_sandbox = forms.BooleanField(required=False, label="No key yet: try with the sandbox")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if apikey.from_environment():
            del self.fields["api_key"], self.fields["try_sandbox"]

    def clean_email(self) -> str:
        """The first admin is somebody new."""
        return not_yet_here(self.cleaned_data["email"])

    def clean_api_key(self) -> str:
        """A key must open the wallet."""
        key = str(self.cleaned_data["api_key"]).strip()
        if key:
            self.balance = apikey.test(key)
        return key

    def clean(self) -> dict[str, Any]:
        """Either a key or the sandbox; an amount when there is one each; a password that is not the name."""
        data = super().clean() or {}
        chosen = remote.key() or data.get("api_key") or data.get("try_sandbox")
        if not chosen and "api_key" not in self.errors:
            self.add_error("api_key", "Give the key, or tick the sandbox to try without one.")
        check_password(self, User(email=data.get("email", ""), name=data.get("name", "")))
        return data


def not_yet_here(email: str) -> str:
    """The address in small letters, if nobody of the team has it."""
    if User.objects.filter(email__iexact=email).exists():
        raise ValidationError(f"{email.lower()} is in the team already.")
    return email.lower()


def check_password(form: forms.Form, user: User) -> None:
    """Hold the password against Django's rules and say beside the field what is wrong."""
    try:
        validate_password(form.cleaned_data.get("password") or "", user)
    except ValidationError as error:
        if "password" not in form.errors:
            form.add_error("password", error)


class PasswordForm(forms.Form):
    """A password that is set here, held against the person's name and address."""

    password = new_password()

    def __init__(self, *args: Any, email: str, name: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = User(email=email, name=name)

    def clean(self) -> dict[str, Any]:
        """A password that is not the name or address."""
        data = super().clean() or {}
        self.person.name = data.get("name", self.person.name)
        check_password(self, self.person)
        return data


class WelcomeForm(PasswordForm):
    """An invited person's name and password."""

    name = forms.CharField(
        max_length=80, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ("name", "password")


class InviteForm(AllowanceForm):
    """Whom to invite, and with what."""

    amounts = AllowanceForm.amounts | {GIVEN: "credits"}

    email = forms.EmailField(label="E-mail address")
    credits = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST,
        label="Credits to begin with",
        help_text="Empty: none yet.",
    )
    is_admin = forms.BooleanField(required=False, label="Admin")

    def clean_email(self) -> str:
        """Nobody is invited twice."""
        return not_yet_here(self.cleaned_data["email"])


def new_nonce() -> str:
    """What tells one gift from the next; a second click sends it again."""
    return uuid.uuid4().hex


class CreditsForm(forms.Form):
    """Credits that are given to a member, or taken back: which of both, the button says."""

    amount = forms.IntegerField(min_value=1, max_value=MOST, label="Credits")
    reason = forms.CharField(max_length=300, label="Reason", help_text="They read it beside the entry.")
    nonce = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput, initial=new_nonce)

    def clean_nonce(self) -> str:
        """Scripts that give none mean every gift."""
        return str(self.cleaned_data["nonce"] or new_nonce())


class KeyForm(forms.Form):
    """A new API key."""

    api_key = forms.CharField(
        max_length=200,
        label="API key",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    balance = Decimal(0)

    def clean_api_key(self) -> str:
        """A key must open the wallet."""
        key = str(self.cleaned_data["api_key"]).strip()
        self.balance = apikey.test(key)
        return key


class LimitForm(forms.Form):
    """How many submits the API takes a minute."""

    per_minute = forms.IntegerField(
        min_value=1,
        max_value=600,
        label="Submits a minute",
        help_text="For the whole team, as the provider allows your account. The studio sends no more than these.",
    )


class NameForm(forms.Form):
    """The name others see."""

    name = forms.CharField(
        max_length=80, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class PriceForm(forms.Form):
    """What a credit costs, and from which day on."""

    amount = forms.DecimalField(
        min_value=Decimal("0.0001"),
        max_value=10_000,
        max_digits=10,
        decimal_places=4,
        label="Price of one credit",
        widget=forms.NumberInput(attrs={"step": "0.0001", "inputmode": "decimal"}),
    )
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$",
        label="Currency",
        initial="EUR",
        help_text="Three letters, as EUR or USD.",
        error_messages={"invalid": "Give the three letters of a currency, as EUR."},
        widget=forms.TextInput(attrs={"size": 4, "autocomplete": "off"}),
    )
    start = forms.DateField(
        label="From",
        initial=periods.today,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Closed months keep the price they had.",
        validators=spans.VALIDATORS,
    )

    def clean_currency(self) -> str:
        """Currencies are written in capitals."""
        return str(self.cleaned_data["currency"]).upper()
