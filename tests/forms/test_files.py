"""Uploads: presence, number, size, extension, and that nothing sent once must be sent again."""

from typing import Any

from forms.files import clean_name, in_units
from tests.forms.building import Shelf, answers, compiled, fill, messages, upload

SCAN = {"type": "filepicker", "key": "scan", "label": "扫描件", "accept": ".pdf,.jpg", "validate": {"maxSize": 0.001}}
MANY = {**SCAN, "multiple": True, "validate": {"maxCount": 2, "maxSize": 1, "required": True}}
NAME = {"type": "textfield", "key": "title", "label": "标题", "validate": {"required": True}}


def kept(form: Any) -> list[str]:
    return [one.filename for one in form.question("scan").kept]


def test_a_file_is_kept_and_named() -> None:
    shelf = Shelf()
    assert answers(compiled(SCAN), {"scan": upload("C:\\扫描\\报告.PDF")}, uploads=shelf) == {
        "scan": [{"token": "token1", "filename": "报告.PDF", "size": 8}]
    }
    assert shelf.kept["token1"][1] == b"%PDF-1.7"


def test_what_will_not_do_is_said() -> None:
    form = compiled(SCAN)
    assert messages(form, {"scan": upload("a.exe")}) == ["文件“a.exe”的类型不在允许范围内（pdf、jpg），未能上传"]
    assert messages(form, {"scan": upload("pdf")}) == ["文件“pdf”的类型不在允许范围内（pdf、jpg），未能上传"]
    assert messages(form, {"scan": upload("a.pdf", b"")}) == ["文件“a.pdf”是空的，未能上传"]
    assert messages(form, {"scan": upload("a.pdf", b"x" * 1049)}) == ["文件“a.pdf”超过 1.023 KB，未能上传"]
    assert messages(form, [("scan", upload("a.pdf")), ("scan", upload("b.pdf"))]) == [
        "“扫描件”最多上传 1 个文件，现有 2 个"
    ]


def test_the_host_may_refuse_the_content() -> None:
    shelf = Shelf(refuses="文件“a.pdf”的内容与扩展名不符")
    assert messages(compiled(SCAN), {"scan": upload("a.pdf")}, uploads=shelf) == ["文件“a.pdf”的内容与扩展名不符"]


def test_a_mistake_elsewhere_loses_no_file() -> None:
    shelf, form = Shelf(), compiled(NAME, MANY)
    first = fill(form, [("title", ""), ("scan", upload("a.pdf")), ("scan", upload("b.doc"))], uploads=shelf)
    assert not first.validate()
    assert kept(first) == ["a.pdf"]
    again = {"title": "好", "scan-kept": "token1"}
    assert answers(form, again, uploads=shelf)["scan"] == [{"token": "token1", "filename": "a.pdf", "size": 8}]


def test_kept_files_count() -> None:
    shelf, form = Shelf(), compiled(MANY)
    fill(form, [("scan", upload("a.pdf")), ("scan", upload("b.pdf"))], uploads=shelf).validate()
    sent = [("scan-kept", "token1"), ("scan-kept", "token2"), ("scan-kept", "token2"), ("scan", upload("c.pdf"))]
    assert messages(form, sent, uploads=shelf) == ["“扫描件”最多上传 2 个文件，现有 3 个"]


def test_unknown_tokens_are_no_files() -> None:
    assert messages(compiled(MANY), {"scan-kept": "../../etc/passwd"}, uploads=Shelf()) == ["请上传“扫描件”"]
    assert messages(compiled(MANY), {"scan-kept": "x"}) == ["请上传“扫描件”"]


def test_a_file_is_taken_away_without_javascript() -> None:
    shelf, form = Shelf(), compiled(NAME, MANY)
    fill(form, [("scan", upload("a.pdf")), ("scan", upload("b.pdf"))], uploads=shelf).validate()
    sent = [("scan-kept", "token1"), ("scan-kept", "token2"), ("file_remove", "scan-token1"), ("title", "字")]
    filled = fill(form, sent, uploads=shelf)
    assert filled.rearrange()
    assert kept(filled) == ["b.pdf"]
    assert filled.question("title").typed == "字"


def test_adding_a_row_keeps_files_sent_with_it() -> None:
    rows = {"type": "contacts", "key": "contacts", "label": "联系记录"}
    filled = fill(compiled(SCAN, rows), {"scan": upload("a.pdf"), "row_add": "contacts"}, uploads=Shelf())
    assert filled.rearrange()
    assert kept(filled) == ["a.pdf"]


def test_a_hidden_question_keeps_no_file() -> None:
    shelf = Shelf()
    hidden = {**SCAN, "conditional": {"hide": '=title = "x"'}}
    assert answers(compiled(NAME, hidden), {"title": "x", "scan": upload("a.pdf")}, uploads=shelf) == {"title": "x"}
    assert shelf.kept == {}


def test_adding_a_row_keeps_no_file_of_a_hidden_question() -> None:
    shelf = Shelf()
    hidden = {**SCAN, "conditional": {"hide": '=title = "x"'}}
    form = compiled(NAME, hidden, {"type": "contacts", "key": "contacts", "label": "联系记录"})
    assert fill(form, {"title": "x", "scan": upload("a.pdf"), "row_add": "contacts"}, uploads=shelf).rearrange()
    assert shelf.kept == {}


def test_text_in_place_of_a_file_is_ignored() -> None:
    assert answers(compiled(SCAN), {"scan": "a.pdf"}) == {"scan": []}


def test_names_are_cleaned() -> None:
    assert clean_name("../../a\x00b.pdf") == "ab.pdf"
    assert clean_name("..") == ""
    assert len(clean_name("长" * 400 + ".pdf")) <= 150
    assert clean_name("长" * 400 + ".pdf").endswith(".pdf")
    assert [in_units(size) for size in (5, 2048, 20 * 1024 * 1024)] == ["5 B", "2 KB", "20 MB"]
