"""`manage.py member add EMAIL` and `member grant EMAIL N`: members by script."""

import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from studio.accounts.models import User
from studio.credits import ledger
from studio.office import team


class Command(BaseCommand):
    """Adds members and grants credits. Without a credits option they get what new members usually get."""

    help = "Add a member of the team, or grant one credits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of `member add` and `member grant`."""
        actions = parser.add_subparsers(dest="action", required=True)
        add = actions.add_parser("add", help="add a member")
        add.add_argument("email")
        add.add_argument(
            "--name", default="", help="the name others see (default: the beginning of the address)"
        )
        add.add_argument("--admin", action="store_true", help="may manage members and credits")
        credits = add.add_mutually_exclusive_group()
        credits.add_argument("--credits", type=int, metavar="N", help="limited to N credits")
        credits.add_argument("--unlimited", action="store_true", help="shares the team's wallet")
        add.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
        grant = actions.add_parser("grant", help="give a member credits to spend")
        grant.add_argument("email")
        grant.add_argument("amount", type=int)
        grant.add_argument("--reason", default="Granted by command")

    def handle(self, **options: Any) -> None:
        """Do it, or say in one sentence why not."""
        try:
            said = self._grant(options) if options["action"] == "grant" else self._add(options)
        except (ValidationError, ValueError) as error:
            raise CommandError(" ".join(getattr(error, "messages", [str(error)]))) from None
        self.stdout.write(said)

    def _add(self, options: dict[str, Any]) -> str:
        """Add a member."""
        credits = options["credits"]
        if credits is None and not options["unlimited"]:
            credits = team.usual_credits()
        password = self._password() if options["password_stdin"] else None
        member = team.Member(
            email=options["email"],
            name=options["name"],
            is_admin=options["admin"],
            credits=credits,
            password=password,
        )
        user = team.add(member, by=None)
        return (
            f"Added {user.email}, who {'shares the wallet' if credits is None else f'has {credits} credits'}."
        )

    def _grant(self, options: dict[str, Any]) -> str:
        """Give credits."""
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"{options['email']} is not in the team.")
        why = ledger.Why(actor=None, reason=options["reason"])
        ledger.grant(user, options["amount"], key=f"command:{secrets.token_hex(8)}", why=why)
        return f"{user.email} has {ledger.account_of(user).available} credits now."

    def _password(self) -> str:
        """The first line of standard input, checked as on the page."""
        password = sys.stdin.readline().rstrip("\n")
        validate_password(password)
        return password
