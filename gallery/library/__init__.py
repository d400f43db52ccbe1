"""The only writer of the gallery's tables.

What is done to pictures takes their numbers, does it to those that the person may do it to, and says which those were:
whoever asks for more than that changes nothing else and learns nothing of it.
"""

from gallery.library.albums import (
    Lain,
    add_album,
    change_album,
    order,
    place,
    put_back,
    restore_album,
    set_cover,
    share,
    trash_album,
    unplace,
    unshare,
)
from gallery.library.freeing import free
from gallery.library.keeping import Brought, bring, keep, upload
from gallery.library.marks import favourite, hide, note, show, tag, tag_again, unfavourite, untag, unwin, win
from gallery.library.projects import add_project, archive_project, change_project, move, reopen_project
from gallery.library.trash import delete, delete_overdue, delete_overdue_albums, restore, trash

__all__ = [
    "Brought", "Lain", "add_album", "add_project", "archive_project", "bring", "change_album", "change_project",
    "delete", "delete_overdue", "delete_overdue_albums", "favourite", "free", "hide", "keep", "move", "note", "order",
    "place", "put_back", "reopen_project", "restore", "restore_album", "set_cover", "share", "show", "tag", "tag_again",
    "trash", "trash_album", "unfavourite", "unplace", "unshare", "untag", "unwin", "upload", "win",
]  # fmt: skip
