"""The only writer of the gallery's tables.

What is done to pictures takes their numbers, does it to those that the person may do it to, and says which those were:
whoever asks for more than that changes nothing else and learns nothing of it.
"""

from gallery.library.freeing import free
from gallery.library.keeping import Brought, bring, keep, upload
from gallery.library.marks import favourite, hide, note, show, tag, unfavourite, untag, unwin, win
from gallery.library.projects import add_project, archive_project, change_project, move, reopen_project
from gallery.library.trash import delete, delete_overdue, restore, trash

__all__ = [
    "Brought", "add_project", "archive_project", "bring", "change_project", "delete", "delete_overdue", "favourite",
    "free", "hide", "keep", "move", "note", "reopen_project", "restore", "show", "tag", "trash", "unfavourite", "untag",
    "unwin", "upload", "win",
]  # fmt: skip
