"""Reads XML that strangers may have written: bounded, no DOCTYPE or entities, in the encodings Chinese tools use."""

import codecs
import re
from typing import Any, Final

from lxml import etree

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_DEPTH: Final = 64
MAX_ELEMENTS: Final = 20_000
_CHUNK: Final = 16 * 1024

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARATION: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# Only these are decoded: a declaration must not be able to name one of Python's stranger codecs.
_ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "big5": "big5",
    "iso-8859-1": "iso-8859-1",
    "windows-1252": "windows-1252",
}


class XmlError(ValueError):
    """A file that is not XML we read. `str(error)` is Chinese, `english` the same in English.

    Attributes:
        line: the line in the file, from 1; 0 when the whole file is meant.
        code: `xml-unsafe` or `xml-not-well-formed`.

    """

    def __init__(self, code: str, message: str, english: str, line: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.english = english
        self.line = line


def safe_parse(content: bytes, filename: str) -> etree._Element:  # the stubs have no public name for it
    """Parse a file and give its root; comments and processing instructions are dropped, lines are kept.

    At most 2 MB, 64 levels and 20,000 elements; DOCTYPE and entities of its own are refused; nothing outside the file
    is ever read. The encoding is taken from the byte order mark or the declaration. Raises XmlError, which names
    `filename` and the line.
    """
    if len(content) > MAX_BYTES:
        raise XmlError(
            "xml-unsafe",
            f"{filename} 太大（{len(content) // 1024} KB，最多 {MAX_BYTES // 1024} KB）",
            f"{filename} is too large ({len(content) // 1024} KB, at most {MAX_BYTES // 1024} KB)",
        )
    source = _utf8(content, filename)
    parser = etree.XMLPullParser(
        events=("start", "end"),
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        _feed(parser, source, filename)
        root = parser.close()
    except etree.XMLSyntaxError as error:
        # The exception of a pull parser often says only that no element was found; the log knows why.
        logged = parser.feed_error_log.last_error
        line, reason = (logged.line, logged.message) if logged else (error.lineno or 0, str(error.msg))
        reason = reason.split(", line ")[0].strip()
        raise XmlError(
            "xml-not-well-formed",
            f"{filename} 不是格式正确的 XML（第 {line} 行：{reason}）",
            f"{filename} is not well-formed XML (line {line}: {reason})",
            line,
        ) from None
    _refuse_doctype(root, filename)
    for entity in root.iter(etree.Entity):
        raise _unsafe(filename, f"实体 {entity.text}", f"entity {entity.text}", line_of(entity))
    return root


def line_of(element: Any) -> int:
    """Return the line an element starts on, from 1; 0 if it is not known."""
    return int(element.sourceline or 0)


def _feed(parser: etree.XMLPullParser, source: bytes, filename: str) -> None:
    depth = count = 0
    for start in range(0, len(source) or 1, _CHUNK):
        parser.feed(source[start : start + _CHUNK])
        for event, element in parser.read_events():
            if event == "end":
                depth -= 1
                continue
            depth += 1
            count += 1
            line = line_of(element)
            if count == 1:
                _refuse_doctype(element, filename)
            if depth > MAX_DEPTH:
                raise _unsafe(filename, f"超过 {MAX_DEPTH} 层的嵌套", f"more than {MAX_DEPTH} levels", line)
            if count > MAX_ELEMENTS:
                raise _unsafe(filename, f"超过 {MAX_ELEMENTS} 个元素", f"more than {MAX_ELEMENTS} elements", line)


def _refuse_doctype(element: Any, filename: str) -> None:
    info = element.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise _unsafe(filename, "DOCTYPE 声明", "a DOCTYPE", 1)


def _unsafe(filename: str, what: str, english: str, line: int) -> XmlError:
    return XmlError(
        "xml-unsafe", f"{filename} 含有{what}，不能接受", f"{filename} holds {english}, which is refused", line
    )


def _utf8(content: bytes, filename: str) -> bytes:
    """Bring the file into UTF-8, whatever it was written in."""
    codec = _codec(content, filename)
    try:
        return content.decode(codec).removeprefix("\ufeff").encode("utf-8")
    except UnicodeError:
        raise XmlError(
            "xml-not-well-formed",
            f"{filename} 的内容与编码 {codec} 不符",
            f"{filename} is not in the encoding {codec}",
            1,
        ) from None


def _codec(content: bytes, filename: str) -> str:
    for mark, codec in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return codec
    if content.startswith(b"<\x00"):
        return "utf-16-le"
    if content.startswith(b"\x00<"):
        return "utf-16-be"
    declared = _DECLARATION.match(content)
    name = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    if name not in _ENCODINGS:
        raise XmlError(
            "xml-not-well-formed",
            f"{filename} 的编码 {name} 不支持",
            f"{filename}: encoding {name} is not supported",
            1,
        )
    return _ENCODINGS[name]
