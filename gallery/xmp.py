"""XMP: what a file says of itself once it has left. Read with distrust, for anyone may have written it."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from django.utils.html import escape

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DC = "http://purl.org/dc/elements/1.1/"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# Our own; nobody has to be able to open it.
OURS = "http://ns.image-studio.invalid/order/1.0/"
LONGEST, LONGEST_PROMPT, DEEPEST = 65_000, 4000, 24
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
RATIO = re.compile(r"auto|\d{1,2}:\d{1,2}")
FORMATS = frozenset(("png", "jpeg", "webp"))
PROMPT, ASPECT, FORMAT = f"{IPTC} AIPromptInformation", f"{OURS} AspectRatio", f"{OURS} OutputFormat"


@dataclass(frozen=True, slots=True)
class Order:
    """What a picture was ordered by, as far as a composer can be filled with it."""

    prompt: str
    aspect_ratio: str
    output_format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a file is to say: how it came about, by whom, by which words and by which model."""

    source_type: str
    creator: str
    model: str
    order: Order


def packet(told: Told) -> bytes:
    """The XMP of a picture; always short enough for one segment of a JPEG."""
    order = told.order
    prompt, creator, model = (
        _said(words) for words in (order.prompt[:LONGEST_PROMPT], told.creator[:200], told.model[:200])
    )
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""
 xmlns:dc="{DC}" xmlns:Iptc4xmpExt="{IPTC}" xmlns:studio="{OURS}">
<Iptc4xmpExt:DigitalSourceType>{SOURCE_TYPES}{told.source_type}</Iptc4xmpExt:DigitalSourceType>
<Iptc4xmpExt:AISystemUsed>{model}</Iptc4xmpExt:AISystemUsed>
<Iptc4xmpExt:AIPromptInformation>{prompt}</Iptc4xmpExt:AIPromptInformation>
<dc:creator><rdf:Seq><rdf:li>{creator}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{prompt}</rdf:li></rdf:Alt></dc:description>
<studio:AspectRatio>{_said(order.aspect_ratio)}</studio:AspectRatio>
<studio:OutputFormat>{_said(order.output_format)}</studio:OutputFormat>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>""".encode()


def _said(words: str) -> str:
    """Words as XML can hold them."""
    return str(escape(NOT_IN_XML.sub("", words))).replace("\r", "&#13;")


def order(data: bytes) -> Order | None:
    """The order that XMP of ours tells of; None for any other, and for what is no good XMP at all."""
    if not data or len(data) > LONGEST:
        return None
    found = _Reader().read(data)
    prompt, ratio, encoding = (found.get(name, "").strip() for name in (PROMPT, ASPECT, FORMAT))
    if not (prompt and RATIO.fullmatch(ratio) and encoding in FORMATS):
        return None
    return Order(NOT_IN_XML.sub("", prompt)[:LONGEST_PROMPT], ratio, encoding)


class _Suspicious(Exception):
    """XMP has no document type, declares no entities, and is not deep."""


@dataclass(slots=True)
class _Reader:
    """Takes down the few properties that are asked for, as elements or as attributes, and builds nothing else."""

    found: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def read(self, data: bytes) -> Mapping[str, str]:
        """The properties; what was found is forgotten when the end is no good."""
        parser = expat.ParserCreate("utf-8", " ")
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        # Without a document type there are no entities but the five of XML: nothing to blow up, nothing to fetch.
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        try:
            parser.ParseFile(io.BytesIO(data))
        except (expat.ExpatError, _Suspicious, ValueError):
            return {}
        return self.found

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self.open.append(name)
        if len(self.open) > DEEPEST:
            raise _Suspicious
        if name in {PROMPT, ASPECT, FORMAT}:
            self.found[name] = ""
        self.found |= {key: value for key, value in attributes.items() if key in {PROMPT, ASPECT, FORMAT}}

    def _end(self, _name: str) -> None:
        self.open.pop()

    def _text(self, words: str) -> None:
        if self.open and self.open[-1] in {PROMPT, ASPECT, FORMAT}:
            self.found[self.open[-1]] += words


def _refuse(*_said: object) -> None:
    raise _Suspicious
