"""What the gallery keeps. Only its writers write these tables; only `access` says who may read a picture."""

from gallery.models.albums import Album, Guest, Placed
from gallery.models.deeds import Deed
from gallery.models.images import Image, Parent
from gallery.models.marks import Favourite, Tag, Tagged
from gallery.models.projects import Project

__all__ = ["Album", "Deed", "Favourite", "Guest", "Image", "Parent", "Placed", "Project", "Tag", "Tagged"]
