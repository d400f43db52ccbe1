"""Who made the pictures of the sample data, and what for."""

import secrets
from dataclasses import dataclass

from gallery import library
from gallery.models import Project
from studio.accounts.models import User
from studio.office import team
from studio.sampledata import words

PROJECTS = 24
MOST_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class Team:
    """The members, who is new among them, and the one password of the new."""

    members: list[User]
    new: list[User]
    password: str


def gather(count: int) -> Team:
    """The active members there are, and new ones until there are so many. Without an admin the first new one is it."""
    members = list(User.objects.filter(is_active=True).order_by("pk"))
    taken = set(User.objects.values_list("email", flat=True))
    password, new = secrets.token_urlsafe(12), []
    for name in words.people(MOST_MEMBERS):
        email = f"{name.lower().replace(' ', '.')}@example.com"
        if len(members) >= count:
            break
        if email in taken:
            continue
        is_admin = not any(member.is_staff for member in members)
        # One hash for all, made below: each of its own would take longer than the pictures.
        user = team.add(team.Member(email=email, name=name, is_admin=is_admin), by=None)
        members.append(user)
        new.append(user)
    _give(password, new)
    return Team(members, new, password)


def _give(password: str, new: list[User]) -> None:
    """Let the new sign in."""
    if new:
        new[0].set_password(password)
        User.objects.filter(pk__in=[user.pk for user in new]).update(password=new[0].password)


def projects(by: User) -> list[Project]:
    """The open projects there are, and campaigns of clients until there are enough."""
    there = set(Project.objects.values_list("name", flat=True))
    found = list(Project.objects.filter(archived_at=None).order_by("pk"))
    wanted = [(client, campaign) for campaign in words.CAMPAIGNS for client in words.CLIENTS]
    for client, campaign in wanted:
        name = f"{client} {campaign}"
        if len(found) >= PROJECTS:
            break
        if name not in there:
            found.append(library.add_project(name=name, by=by, client=client))
    return found
