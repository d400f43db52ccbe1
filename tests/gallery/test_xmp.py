import pytest

from gallery import xmp
from gallery.xmp import Order, Told

NASTY = 'a fox & "friend" <b>\'s\nline 🦊\x00\x0b'


def told(prompt="a red fox", **fields):
    order = Order(prompt, fields.pop("ratio", "16:9"), fields.pop("format", "png"))
    return Told(source_type="trainedAlgorithmicMedia", creator="Alice", model="gemini", order=order)


def test_what_was_told_is_read_again():
    assert xmp.order(xmp.packet(told())) == Order("a red fox", "16:9", "png")


def test_odd_signs_of_a_prompt_come_back_but_for_those_that_xml_has_none_for():
    assert xmp.order(xmp.packet(told(NASTY))) == Order(NASTY[:-2].strip(), "16:9", "png")


@pytest.mark.parametrize("sign", ["&", "'", "🦊", "\r", "<"])
def test_the_longest_prompt_fits_a_segment_of_a_jpeg(sign):
    packet = xmp.packet(told(sign * 5000))
    assert len(packet) < 65_000
    assert xmp.order(packet) == (Order(sign * 4000, "16:9", "png") if sign.strip() else None)


def test_simple_properties_are_read_as_attributes_too():
    data = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{xmp.RDF}"><rdf:Description
        xmlns:i="{xmp.IPTC}" xmlns:s="{xmp.OURS}" i:AIPromptInformation="a fox" s:AspectRatio="1:1"
        s:OutputFormat="webp"/></rdf:RDF></x:xmpmeta>"""
    assert xmp.order(data.encode()) == Order("a fox", "1:1", "webp")


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FETCH = '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'


@pytest.mark.parametrize("declared", [BOMB, FETCH, REMOTE, "<!DOCTYPE x>"])
def test_a_document_type_is_the_end_of_it(declared):
    good = xmp.packet(told("a &b; fox")).decode().replace("&amp;b;", "&b;")
    assert xmp.order((declared + good).encode()) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"<x/>",
        b"\xff\xfe\x00",
        b"<x>" * 20_000,
        b"<x>" * 30 + b"</x>" * 30,
        xmp.packet(told())[:-40],
        xmp.packet(told()) + b" " * 70_000,
        xmp.packet(told(prompt="")),
        xmp.packet(told(prompt=" \n ")),
        xmp.packet(told(ratio="16:9; drop")),
        xmp.packet(told(ratio="999:1")),
        xmp.packet(told(format="exe")),
        xmp.packet(told()).replace(xmp.OURS.encode(), b"http://example.com/"),
    ],
)
def test_what_no_studio_wrote_is_no_order(data):
    assert xmp.order(data) is None
