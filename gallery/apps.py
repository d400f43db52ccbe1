import warnings

from django.apps import AppConfig
from django.core.checks import Tags, register
from PIL import Image

from gallery import checks


class GalleryConfig(AppConfig):
    """Keeping: a library of pictures that would work with no image API at all."""

    name = "gallery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make Pillow's warning about huge pictures an error, and register the checks."""
        # Between one and two times its limit Pillow only warns: 13,000² pixels then take 668 MB.
        warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
        register(checks.pictures_can_be_read, Tags.compatibility)
        register(checks.media_can_be_written, Tags.files)
