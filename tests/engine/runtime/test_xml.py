import pytest

from engine.runtime.xml import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, XmlError, line_of, safe_parse

TEXT = '<?xml version="1.0" encoding="{}"?>\n<a 名="民意"><b/></a>'


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("gb18030", "GB18030"),
        ("gb18030", "GB2312"),
        ("gbk", "gbk"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-8-sig", "UTF-16"),
        ("big5", "big5"),
    ],
)
def test_encodings(codec: str, declared: str) -> None:
    root = safe_parse(TEXT.format(declared).encode(codec), "f.bpmn")
    assert root.get("名") == "民意"
    assert line_of(root) == 2


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "xml-not-well-formed", 1),
        (b"text", "xml-not-well-formed", 1),
        (b"<a>\n<b>\n</a>", "xml-not-well-formed", 3),
        (b"<a>\n\n&x;</a>", "xml-not-well-formed", 3),
        (b"<a/><b/>", "xml-not-well-formed", 1),
        (b'<a b="\xff"/>', "xml-not-well-formed", 1),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "xml-not-well-formed", 1),
        (b'<?xml version="1.0" encoding="rot13"?><n/>', "xml-not-well-formed", 1),
        (b"<!DOCTYPE a><a/>", "xml-unsafe", 1),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "xml-unsafe", 1),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "xml-unsafe", 1),
        (b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]><a>&z;</a>', "xml-unsafe", 1),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "xml-unsafe", 1),
        (b"<a>\n" + b"<b/>" * MAX_ELEMENTS + b"</a>", "xml-unsafe", 2),
        (b"<a>" + b" " * MAX_BYTES + b"</a>", "xml-unsafe", 0),
    ],
)
def test_refused_with_the_line(content: bytes, code: str, line: int) -> None:
    with pytest.raises(XmlError) as caught:
        safe_parse(content, "f.bpmn")
    assert (caught.value.code, caught.value.line) == (code, line)
    assert "f.bpmn" in str(caught.value)
    assert "f.bpmn" in caught.value.english


def test_doctype_hidden_in_utf16_is_still_refused() -> None:
    content = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16")
    with pytest.raises(XmlError) as caught:
        safe_parse(content, "f.bpmn")
    assert caught.value.code == "xml-unsafe"


def test_limits_themselves_are_allowed() -> None:
    assert safe_parse(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH, "f").tag == "a"
    assert len(safe_parse(b"<a>" + b"<b/>" * (MAX_ELEMENTS - 1) + b"</a>", "f")) == MAX_ELEMENTS - 1


def test_comments_and_instructions_are_dropped() -> None:
    root = safe_parse(b"<a><!-- x --><?php y?><b/></a>", "f")
    assert [child.tag for child in root] == ["b"]
