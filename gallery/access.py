"""The only door to a picture: what a person may not see does not exist for them."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import GreaterThan
from django.http import Http404

from gallery.models import Album, Guest, Image, Placed, Project

Person = AbstractBaseUser | AnonymousUser


def member(user: Person) -> int:
    """The number of somebody in the team; PermissionDenied for a stranger."""
    if not user.is_active or user.pk is None:
        raise PermissionDenied("Only an active member can do this.")
    number: int = user.pk
    return number


def visible_to(user: Person) -> QuerySet[Image]:
    """The team's pictures, one's own, and private ones shared in an album; nothing for a stranger or from the trash."""
    return known_to(user).filter(trashed_at=None)


def known_to(user: Person) -> QuerySet[Image]:
    """What a person sees or would see if it were not in the trash or gone: to say that it is, never to show it."""
    if not user.is_active:
        return Image.objects.none()
    return Image.objects.filter(Q(private=False) | Q(owner=user.pk) | Q(GreaterThan(_shared_with(user), 0)))


def team(user: Person) -> QuerySet[Image]:
    """What every member sees."""
    return Image.objects.filter(private=False, trashed_at=None) if user.is_active else Image.objects.none()


def own(user: Person) -> QuerySet[Image]:
    """A person's own pictures, private or not."""
    return Image.objects.filter(owner=user.pk, trashed_at=None) if user.is_active else Image.objects.none()


def _shared_with(user: Person) -> Subquery:
    """A place of a picture in an album that the person sees, put there by the picture's owner.

    What another member had put into an album before the picture became private shares nothing.
    """
    # Of one row, not EXISTS: PostgreSQL would gather the places of all pictures before it shows the first one.
    places = Placed.objects.filter(_opens_album(user, "album__"), image=OuterRef("pk"), by=OuterRef("owner"))
    return Subquery(places.filter(put_in_by_who_sees_it()).order_by().values("pk")[:1])


def put_in_by_who_sees_it() -> Q:
    """Of a picture's place: that who put it there sees the album, so that they share nothing they can't take out."""
    invited = Guest.objects.filter(album=OuterRef("album"), member=OuterRef("by"))
    return Q(album__owner=F("by")) | ~Q(album__team="") | Q(Exists(invited))


def _opens_album(user: Person, way: str = "") -> Q:
    """That an album, at the end of a way through the tables, is one that the person sees."""
    invited = Guest.objects.filter(member=user.pk).values("album")
    seen = Q((f"{way}owner", user.pk)) | ~Q((f"{way}team", "")) | Q((f"{way}pk__in", invited))
    return seen & Q((f"{way}trashed_at", None))


def is_shared(image: Image) -> bool:
    """Whether a private picture can be seen by more than its owner."""
    return shared([image.pk]).exists()


def shared(images: Iterable[int]) -> QuerySet[Image]:
    """The pictures that more than their owners can see when they are private: in an album, put there by the owner."""
    others = ~Q(album__team="") | Q(album__guests__isnull=False) | ~Q(album__owner=F("image__owner"))
    places = Placed.objects.filter(
        others, image__in=list(images), by=F("image__owner"), album__trashed_at=None
    )
    return Image.objects.filter(pk__in=places.filter(put_in_by_who_sees_it()).order_by().values("image"))


def find(user: Person, image_id: int) -> Image:
    """The picture of this number, or the same Http404 for one that is hidden as for one that never was."""
    image = visible_to(user).filter(pk=image_id).first()
    if image is None:
        raise Http404("No such picture.")
    return image


def find_kept(user: Person, image_id: int) -> Image:
    """The same for what one may bring back from the trash, too: only its previews are shown, for the trash's page."""
    kept = (images.filter(pk=image_id).first() for images in (visible_to(user), in_trash(user)))
    image = next(filter(None, kept), None)
    if image is None:
        raise Http404("No such picture.")
    return image


def in_trash(user: Person) -> QuerySet[Image]:
    """What can be brought back: one's own, and for admins the team's, but nobody else's private pictures."""
    if not user.is_active:
        return Image.objects.none()
    answers_for = Q(owner=user.pk)
    if getattr(user, "is_staff", False):
        answers_for |= Q(private=False)
    return Image.objects.filter(answers_for, trashed_at__isnull=False, deleted_at=None)


def with_files() -> QuerySet[Image]:
    """Every picture whose file is kept, whoever may see it: for sums of what they take alone."""
    return Image.objects.filter(deleted_at=None)


def kept_back(jobs: Iterable[UUID]) -> set[UUID]:
    """Of these orders those with a picture that is private or deleted for good: their words are their owners' alone."""
    hidden = Q(private=True) | Q(deleted_at__isnull=False)
    return {
        job for job in Image.objects.filter(hidden, job__in=list(jobs)).values_list("job", flat=True) if job
    }


def answered_by(user: Person) -> QuerySet[Image]:
    """What a person may take away, move or write a note on: one's own, and for admins the team's.

    Not what another one shares with an admin in an album: only its owner could bring it back.
    """
    if not user.is_active or not getattr(user, "is_staff", False):
        return own(user)
    return Image.objects.filter(Q(private=False) | Q(owner=user.pk), trashed_at=None)


def albums_of(user: Person) -> QuerySet[Album]:
    """The albums a person sees: one's own, the team's, and those shared with them by name."""
    if not user.is_active:
        return Album.objects.none()
    return Album.objects.filter(_opens_album(user))


def filled_by(user: Person) -> QuerySet[Album]:
    """The albums a person may put pictures into."""
    if not user.is_active:
        return Album.objects.none()
    invited = Guest.objects.filter(member=user.pk, may_add=True).values("album")
    adding = Q(owner=user.pk) | Q(team=Album.Team.ADD) | Q(pk__in=invited)
    return Album.objects.filter(adding, trashed_at=None)


def taken_out_by(user: Person, album: Album) -> QuerySet[Placed]:
    """The places in an album one sees whose pictures one may take out of it: all of one's own album, what one put in,
    and one's own pictures.
    """
    places = Placed.objects.filter(album=album, image__in=visible_to(user).values("pk"))
    if album.owner_id == user.pk:
        return places
    return places.filter(Q(by=user.pk) | Q(image__owner=user.pk))


def find_album(user: Person, album_id: int) -> Album:
    """The album of this number, or the same Http404 for one that is closed to the person as for one that never was."""
    album = albums_of(user).select_related("owner").filter(pk=album_id).first()
    if album is None:
        raise Http404("No such album.")
    return album


def is_seen_by_others(album: Album, user: Person) -> bool:
    """Whether anybody else in the team sees an album that the person sees."""
    invited = album.guests.filter(member__is_active=True).exclude(member=user.pk)
    return bool(album.team) or album.owner_id != user.pk or invited.exists()


def open_projects() -> QuerySet[Project]:
    """The projects that take new pictures, by name."""
    return Project.objects.filter(archived_at=None)
