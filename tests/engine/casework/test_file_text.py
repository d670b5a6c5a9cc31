import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from engine.casework import file_text, office_text, secret_words
from engine.casework.attachments import Store, Upload
from engine.casework.errors import SecretSuspected
from engine.casework.file_text import PDF, FileText, read_file
from engine.casework.media_types import DOCX, TEXT, XLSX, media_type_of
from engine.casework.pdf_text import MAX_PAGES
from engine.casework.screening import screen_file
from rules.secret_words import SecretWords, hashed
from tests.engine.casework.documents import add_page, book, each_shown, part, pdf, runs, shown, word, written, zipped

marks = st.sampled_from(("机密★10年", "密级：绝密", "【秘密】", "機密☆長期", "绝 密★三十年"))
gaps = st.sampled_from(("", " ", "　", "\u200b"))


DOCUMENTS: dict[str, Callable[[str], bytes]] = {
    "body": lambda mark: word(runs(f"前文{mark}后文") if ":" in mark else runs(mark)),
    "header": lambda mark: word(runs("正文"), **{"word/header1.xml": part(mark)}),
    "footer": lambda mark: word(runs("正文"), **{"word/footer7.xml": part(mark)}),
    "endnote": lambda mark: word(runs("正文"), **{"word/endnotes.xml": part(mark)}),
    "unusual part": lambda mark: word(runs("正文"), **{"word/document2.xml": part(mark)}),
    "text box": lambda mark: word(
        f"<w:p><w:r><w:pict><w:txbxContent>{runs(mark)}</w:txbxContent></w:pict></w:r></w:p>{runs('正文')}"
    ),
    "watermark": lambda mark: word(
        f'{runs("正文")}<v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textpath string="{mark}"/></v:shape>'
    ),
    "properties": lambda mark: word(runs("正文"), **{"docProps/core.xml": f"<c><title>{mark}</title></c>"}),
    "deleted text": lambda mark: word(f"<w:p><w:del><w:r><w:delText>{mark}</w:delText></w:r></w:del></w:p>"),
    "document inside": lambda mark: word(runs("正文"), **{"word/embeddings/inner.docx": word(runs(mark))}),
    "alternative part": lambda mark: word(runs("正文"), **{"word/afchunk.htm": f"<p>{mark}</p>"}),
    "ruby": lambda mark: word(
        "<w:p>"
        + "".join(
            f"<w:r><w:ruby><w:rt><w:r><w:t>pin</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>{one}</w:t></w:r></w:rubyBase></w:ruby></w:r>"
            for one in mark
        )
        + "</w:p>"
    ),
    "UTF-16": lambda mark: zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f'<?xml version="1.0" encoding="UTF-16"?><d><p><t>{mark}</t></p></d>'.encode("utf-16"),
        }
    ),
}


def down(mark: str) -> bytes:
    def fill(made: Workbook) -> None:
        for row, character in enumerate(mark, 1):
            made.active.append(["道路", character, "交通"] if row else [])

    return book(fill)


def cell(made: Workbook, place: str, value: str) -> None:
    made.active[place] = value


SHEETS: dict[str, Callable[[str], bytes]] = {
    "cell": lambda mark: book(lambda made: cell(made, "C7", mark)),
    "row": lambda mark: book(lambda made: made.active.append(list(mark))),
    "column": down,
    "name of the sheet": lambda mark: book(lambda made: made.create_sheet(mark.replace("[", "").replace("*", "★"))),
    "header": lambda mark: book(lambda made: setattr(made.active.oddHeader.center, "text", mark)),
    "number format": lambda mark: book(lambda made: setattr(made.active["A1"], "number_format", f'"{mark}"0')),
    "properties": lambda mark: book(lambda made: setattr(made.properties, "subject", mark)),
}


def changed(change: Callable[[PdfWriter], None]) -> bytes:
    writer = PdfWriter()
    add_page(writer, shown("正文第一页，说明有关情况"))
    change(writer)
    return written(writer)


def note(writer: PdfWriter, mark: str) -> None:
    writer.pages[0][NameObject("/Annots")] = ArrayObject(
        [
            DictionaryObject(
                {NameObject("/Subtype"): NameObject("/FreeText"), NameObject("/Contents"): TextStringObject(mark)}
            )
        ]
    )


PORTABLE: dict[str, Callable[[str], bytes]] = {
    "UCS-2": lambda mark: pdf(shown(mark)),
    "UTF-16": lambda mark: pdf(shown(mark), encoding="/UniGB-UTF16-H"),
    "GB18030": lambda mark: pdf(shown(mark, "gb18030"), encoding="/GBK2K-H"),
    "vertical": lambda mark: pdf(each_shown(mark, "0 -18")),
    "apart": lambda mark: pdf(each_shown(mark, "40 0")),
    "last page": lambda mark: pdf(shown("正文"), shown("正文"), shown(mark)),
    "properties": lambda mark: changed(lambda writer: writer.add_metadata({"/Subject": mark})),
    "bookmark": lambda mark: changed(lambda writer: writer.add_outline_item(title=mark, page_number=0)),
    "annotation": lambda mark: changed(lambda writer: note(writer, mark)),
}

CODINGS = ("utf-8", "utf-8-sig", "utf-16", "gb18030", "big5hkscs", "hz", "utf-7")


@pytest.mark.parametrize("place", DOCUMENTS)
@settings(max_examples=6, deadline=None)
@given(marks, gaps)
def test_a_mark_planted_in_a_docx_is_found(place: str, mark: str, gap: str) -> None:
    content = DOCUMENTS[place](gap.join(mark))
    assert media_type_of(content) == DOCX
    assert screen_file(content).is_secret


@pytest.mark.parametrize("place", SHEETS)
@settings(max_examples=6, deadline=None)
@given(marks, gaps)
def test_a_mark_planted_in_an_xlsx_is_found(place: str, mark: str, gap: str) -> None:
    mark = mark.replace("【", "").replace("】", "") if place == "name of the sheet" else mark
    content = SHEETS[place](mark if place in {"row", "column"} else gap.join(mark.replace("：", "｜")))
    assert media_type_of(content) == XLSX
    assert screen_file(content).is_secret


@pytest.mark.parametrize("place", PORTABLE)
@settings(max_examples=3, deadline=None)
@given(marks, gaps)
def test_a_mark_planted_in_a_pdf_is_found(place: str, mark: str, gap: str) -> None:
    content = PORTABLE[place](gap.join(mark))
    assert media_type_of(content) == PDF
    assert screen_file(content).is_secret


@pytest.mark.parametrize("coding", CODINGS)
@settings(max_examples=10, deadline=None)
@given(st.sampled_from(("機密★10年", "密級:絕密", "祕密★長期")), st.sampled_from(("", "\n", "公文\n")))
def test_a_mark_planted_in_a_text_file_is_found_in_every_encoding(coding: str, mark: str, around: str) -> None:
    mark = mark.replace("祕", "秘") if coding == "big5hkscs" else mark
    if coding == "hz":
        mark = mark.translate(str.maketrans("機級絕祕長", "机级绝秘长"))
    content = f"{around}{mark}{around}".encode(coding)
    assert media_type_of(content) == TEXT
    assert screen_file(content).is_secret


def test_clean_files_are_clean_and_read() -> None:
    for content in (
        word(runs("请整治幸福路违停") + runs("谢谢")),
        book(lambda made: made.active.append(["请整治幸福路违停", "秘密花园小区", 3])),
        pdf(shown("请整治幸福路违停")),
        "请整治幸福路违停".encode(),
    ):
        found = screen_file(content)
        assert (found.secret, found.unread, found.document) == ((), "", True)
        assert "幸福路违停" in found.text
        assert "幸福路违停" in file_text.text_of(content, media_type_of(content) or "")


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of the bureau's own with two words, as a process holds it."""
    words = SecretWords(b"key of tests", [hashed(b"key of tests", word) for word in ("青松三号行动", "Kestrel-7")])
    monkeypatch.setattr(secret_words, "_held", secret_words.Held("a revision", words, fits=True))


spellings = st.sampled_from(("青松三号行动", "青松三號行動", "Kestrel-7", "ＫＥＳＴＲＥＬ－７", "kestrel7"))


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("place", DOCUMENTS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spellings, gaps)
def test_a_word_of_the_list_planted_in_a_docx_is_found(place: str, word: str, gap: str) -> None:
    assert "word" in screen_file(DOCUMENTS[place](gap.join(word))).secret


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("place", SHEETS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spellings, gaps)
def test_a_word_of_the_list_planted_in_an_xlsx_is_found(place: str, word: str, gap: str) -> None:
    content = SHEETS[place](word if place in {"row", "column"} else gap.join(word))
    assert "word" in screen_file(content).secret


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("place", PORTABLE)
@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spellings, gaps)
def test_a_word_of_the_list_planted_in_a_pdf_is_found(place: str, word: str, gap: str) -> None:
    assert "word" in screen_file(PORTABLE[place](gap.join(word))).secret


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("coding", CODINGS)
def test_a_word_of_the_list_planted_in_a_text_file_is_found_in_every_encoding(coding: str) -> None:
    word = "青松三号行动" if coding == "hz" else "青松三號行動"
    assert screen_file(f"按照{word}的安排".encode(coding)).secret == ("word",)


@pytest.mark.usefixtures("listed")
def test_a_file_that_only_resembles_a_listed_word_is_clean() -> None:
    for text in ("青松路三号门前，行动不便的老人反映", "一棵青松。三号楼行动不便", "7 kestrels"):
        assert screen_file(word(runs(text))).secret == ()
        assert screen_file(text.encode()).secret == ()


def test_what_was_read_before_the_list_changed_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = "参与白鹭五号的人".encode()
    monkeypatch.setattr(secret_words, "_held", secret_words.Held("a revision", secret_words.NO_WORDS, fits=True))
    assert screen_file(content).text == "参与白鹭五号的人"
    words = SecretWords(b"key", [hashed(b"key", "白鹭五号")])
    monkeypatch.setattr(secret_words, "_held", secret_words.Held("another revision", words, fits=True))
    found = screen_file(content)
    assert (found.secret, found.text) == (("word",), "")


def test_a_scanned_pdf_is_reported_as_not_readable() -> None:
    scan = "q 500 0 0 700 0 0 cm /Im1 Do Q"
    assert read_file(pdf(scan, picture=True), PDF) == FileText("pypdf", "是扫描件或图片，其中的文字没有读取")
    assert "是扫描件" in read_file(pdf(f"{scan} {shown('第1页')}", picture=True), PDF).unread
    # Drawn as curves: there is something, and none of it is text.
    assert "是扫描件" in read_file(pdf("10 10 m 20 20 l S"), PDF).unread

    writer = PdfWriter()
    add_page(writer, shown("请整治幸福路违停"))
    add_page(writer, scan, picture=True)
    read = read_file(written(writer), PDF)
    assert "幸福路" in read.text
    assert read.unread == "第2页是扫描件或图片，其中的文字没有读取"
    # Glyphs without a word on which characters they are.
    assert "是扫描件" in read_file(pdf(shown("请整治幸福路违停"), encoding="/Identity-H"), PDF).unread


def test_what_cannot_be_opened_is_never_clean() -> None:
    writer = PdfWriter()
    add_page(writer, shown("机密★10年"))
    writer.encrypt("password", algorithm="RC4-128")
    assert read_file(written(writer), PDF) == FileText("", "有密码，没有读取")
    whole = pdf(shown("请整治幸福路违停"))
    assert "没有" in read_file(whole[: len(whole) // 2], PDF).unread
    assert "没有" in read_file(b"%PDF-1.7\n" + bytes(range(256)) * 40, PDF).unread
    assert read_file(b"PK\x03\x04 broken", DOCX) == FileText("", "文件损坏，没有读取")
    assert "没有读取" in read_file(b"\x89PNG", "image/png").unread
    assert "没有读取" in read_file(b"?", "").unread
    picture = word("<w:p/>", **{"word/media/image1.png": b"\x89PNG"})
    assert read_file(picture, DOCX).unread == "只有图片，其中的文字没有读取"
    assert (
        read_file(word(runs("正文"), **{"word/embeddings/oleObject1.bin": b"\xd0\xcf"}), DOCX).unread
        == "有内嵌文件没有读取"
    )


def test_a_pdf_with_files_inside_says_so() -> None:
    content = changed(lambda writer: writer.add_attachment("名单.docx", b"PK"))
    assert read_file(content, PDF).unread == "有内嵌文件没有读取"


def test_a_hostile_pdf_ends_by_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.casework.pdf_text.SECONDS", 3)
    content = pdf(shown("正文"), f"BT /F1 16 Tf {'<6b63> Tj 1 1 Td ' * 1_000_000} ET")
    assert "页数或内容过多，没有全部读取" in read_file(content, PDF).unread


def test_a_pdf_that_unpacks_to_far_too_much_is_reported() -> None:
    writer = PdfWriter()
    add_page(writer, "")
    stream = StreamObject()
    stream.set_data(zlib.compress(bytes(150_000_000)))
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)
    assert "没有" in read_file(written(writer), PDF).unread


def test_only_so_many_pages_are_read_and_the_rest_is_reported() -> None:
    content = pdf(*[shown("正文")] * (MAX_PAGES + 1))
    assert "页数或内容过多，没有全部读取" in read_file(content, PDF).unread


def test_a_zip_bomb_is_read_to_its_limit_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_text, "MAX_PART", 1_000_000)
    bomb = word(runs("正文"), **{"word/header1.xml": b"<x>" + b" " * 2_000_000 + b"</x>"})
    assert len(bomb) < 10_000
    read = read_file(bomb, DOCX)
    assert "正文" in read.text
    assert read.unread == "展开后过大，没有全部读取"
    nested = word(runs("底"))
    for _ in range(6):
        nested = word(runs("层"), **{"word/embeddings/inner.docx": nested})
    assert read_file(nested, DOCX).unread == "有内嵌文件没有读取"
    laughs = '<!DOCTYPE l [<!ENTITY a "哈哈">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8)
    )
    entities = zipped({"[Content_Types].xml": "", "word/document.xml": f"{laughs}]><d><p><t>正文&i;</t></p></d>"})
    assert len(read_file(entities, DOCX).text) < 10_000


def test_a_marked_pdf_is_not_stored(tmp_path: Path) -> None:
    with pytest.raises(SecretSuspected):
        Store(tmp_path).put(Upload("说明.pdf", pdf(shown("机密★10年"))))
    assert list(tmp_path.rglob("*")) == []
