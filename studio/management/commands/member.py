"""`manage.py member add EMAIL`, `member allowance EMAIL` and `member grant EMAIL N`: members by script."""

import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from studio.accounts.models import User
from studio.credits import allowances, balances, ledger, modes
from studio.office import team


class Command(BaseCommand):
    """Adds members, says how they get credits, and grants some. Unless told otherwise they get what is usual."""

    help = "Add a member of the team, say how one gets credits, or grant some."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of `member add`, `member allowance` and `member grant`."""
        actions = parser.add_subparsers(dest="action", required=True)
        add, allowance, grant = (
            actions.add_parser(name, help=words)
            for name, words in (
                ("add", "add a member"),
                ("allowance", "say how a member gets credits from now on"),
                ("grant", "give a limited member credits to spend"),
            )
        )
        for action in (add, allowance, grant):
            action.add_argument("email")
        self._person(add)
        given = add.add_mutually_exclusive_group()
        given.add_argument("--credits", type=int, metavar="N", help="only what is given: N to begin with")
        terms = allowance.add_mutually_exclusive_group(required=True)
        terms.add_argument("--given", action="store_true", help="only what is given")
        for group in (given, terms):
            group.add_argument("--monthly", type=int, metavar="N", help="N credits on the first of a month")
            group.add_argument("--unlimited", action="store_true", help="shares the team's wallet")
        grant.add_argument("amount", type=int)
        grant.add_argument("--reason", default="Granted by command")
        for action in (allowance, grant):
            action.add_argument("--by", metavar="EMAIL", help="the admin who answers for it in the books")

    def _person(self, add: ArgumentParser) -> None:
        """The options for who is added."""
        add.add_argument(
            "--name", default="", help="the name others see (default: the beginning of the address)"
        )
        add.add_argument("--admin", action="store_true", help="may manage members and credits")
        add.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, **options: Any) -> None:
        """Do it, or say in one sentence why not."""
        act = {"add": self._add, "allowance": self._allowance, "grant": self._grant}[options["action"]]
        try:
            said = act(options)
        except (ValidationError, ValueError) as error:
            raise CommandError(" ".join(getattr(error, "messages", [str(error)]))) from None
        self.stdout.write(said)

    def _add(self, options: dict[str, Any]) -> str:
        """Add a member."""
        mode = self._mode(options) or modes.usual(allowances.usual())
        member = team.Member(
            email=options["email"],
            name=options["name"],
            is_admin=options["admin"],
            mode=mode,
            credits=options["credits"] or 0,
            password=self._password() if options["password_stdin"] else None,
        )
        user = team.add(member, by=None)
        match mode:
            case modes.Shares():
                return f"Added {user.email}, who shares the wallet."
            case modes.Monthly(credits):
                return f"Added {user.email}, who gets {credits} credits a month."
            case modes.Given():
                return f"Added {user.email}, who has {member.credits} credits."

    def _mode(self, options: dict[str, Any]) -> modes.Mode | None:
        """How the options say that somebody gets credits; None when they don't."""
        if options["unlimited"]:
            return modes.SHARES
        if options["monthly"] is not None:
            return modes.Monthly(options["monthly"])
        if options.get("given") or options.get("credits") is not None:
            return modes.Given()
        return None

    def _allowance(self, options: dict[str, Any]) -> str:
        """Change how a member gets credits."""
        mode = self._mode(options)
        assert mode is not None  # noqa: S101 - the group of options is required
        return allowances.set_allowance(self._member(options["email"]), mode, by=self._admin(options["by"]))

    def _grant(self, options: dict[str, Any]) -> str:
        """Give credits."""
        user = self._member(options["email"])
        account = balances.account_of(user)
        if not account.limited:
            raise CommandError(f"{user.email} shares the wallet: nothing limits them.")
        why = ledger.Why(actor=self._admin(options["by"]), reason=options["reason"])
        ledger.grant(user, options["amount"], key=f"command:{secrets.token_hex(8)}", why=why)
        return f"{user.email} has {ledger.account_of(user).available} credits now."

    def _member(self, email: str) -> User:
        """The member with an address."""
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"{email} is not in the team.")
        return user

    def _admin(self, email: str | None) -> User | None:
        """The admin with an address, if one was named."""
        if email is None:
            return None
        user = self._member(email)
        if not (user.is_staff and user.is_active):
            raise CommandError(f"{email} is no admin.")
        return user

    def _password(self) -> str:
        """The first line of standard input, checked as on the page."""
        password = sys.stdin.readline().rstrip("\n")
        validate_password(password)
        return password
