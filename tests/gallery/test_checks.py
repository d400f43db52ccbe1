import PIL
import pytest
from PIL import features

from gallery import checks


def test_a_healthy_installation_has_nothing_to_say(media):
    assert checks.media_can_be_written(app_configs=None) == []
    assert checks.pictures_can_be_read(app_configs=None) == []


def test_a_media_folder_that_is_a_file_is_named(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    (tmp_path / "file").write_text("")
    (found,) = checks.media_can_be_written(app_configs=None)
    assert str(tmp_path / "file") in found.msg


def test_an_old_pillow_is_refused(monkeypatch):
    monkeypatch.setattr(PIL, "__version__", "12.1.0")
    (found,) = checks.pictures_can_be_read(app_configs=None)
    assert "12.1.0 is too old" in found.msg


@pytest.mark.parametrize(("feature", "title"), [("webp", "WebP"), ("littlecms2", "colour profiles")])
def test_a_missing_codec_is_named(monkeypatch, feature, title):
    monkeypatch.setattr(features, "check", lambda name: name != feature)
    (found,) = checks.pictures_can_be_read(app_configs=None)
    assert title in found.msg
