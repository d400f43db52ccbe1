from gallery.templatetags import ui


def test_a_ratio_gives_the_class_of_its_shape():
    assert ui.shape("16:9") == "r-16-9"
    assert ui.shape("auto") == "auto"


def test_a_number_is_written_with_its_thousands():
    assert ui.number(1240) == "1,240"
    assert ui.number(-1240) == "−1,240"
    assert ui.signed(5) == "+5"
    assert ui.signed(-1240) == "−1,240"
    assert ui.signed(0) == "0"


def test_an_icon_is_for_the_eye_only_and_its_name_is_escaped():
    drawn = ui.icon('"><script>')
    assert 'aria-hidden="true"' in drawn
    assert "<script>" not in drawn
