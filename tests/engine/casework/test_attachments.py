import io
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from openpyxl import Workbook

from engine.casework.attachments import MAX_SIZE, Store, Upload, attach, check, open_attachment, safe_filename
from engine.casework.errors import InvalidFacts, SecretSuspected
from engine.casework.file_text import text_of
from engine.casework.media_types import DOCX, XLSX, media_type_of
from engine.runtime import NotFound
from tests.journeys.bureau import World

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\nendobj\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 32
EXE = b"MZ\x90\x00\x03" + b"\x00" * 64


def archive(**parts: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        for name, text in parts.items():
            opened.writestr(name, text)
    return content.getvalue()


def docx(text: str) -> bytes:
    return archive(**{"[Content_Types].xml": "<Types/>", "word/document.xml": f"<w:p><w:t>{text}</w:t></w:p>"})


def xlsx(value: str) -> bytes:
    book = Workbook()
    book.active["A1"] = value
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.png", PNG, "image/png"),
        ("a.PDF", PDF, "application/pdf"),
        ("a.jpeg", JPEG, "image/jpeg"),
        ("信.docx", docx("您好"), DOCX),
        ("表.xlsx", xlsx("甲"), XLSX),
        ("记录.txt", "通话记录".encode(), "text/plain"),
        ("记录.txt", "通话记录".encode("gb18030"), "text/plain"),
        ("记录.txt", "通话记录".encode("utf-16"), "text/plain"),
        ("录音.mp3", b"ID3\x04\x00" + b"\x00" * 64, "audio/mpeg"),
        ("录像.mp4", b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", "video/mp4"),
    ],
)
def test_allowed_types_are_known_by_their_content(name: str, content: bytes, media_type: str) -> None:
    assert check(Upload(name, content)).media_type == media_type


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.exe", EXE, "不接受"),
        ("a.png", EXE, "不接受"),
        ("a.txt", EXE, "不接受"),
        ("a.pdf", PNG, "扩展名不符"),
        ("a.txt", PNG, "扩展名不符"),
        ("a", PNG, "扩展名不符"),
        ("a.zip", archive(a="b"), "不接受"),
        ("a.docx", archive(**{"word/document.xml": "x"}), "不接受"),
        (
            "a.docx",
            archive(**{"[Content_Types].xml": "", "word/document.xml": "", "word/vbaProject.bin": ""}),
            "不接受",
        ),
        ("a.docx", b"PK\x03\x04 broken", "不接受"),
        ("a.png", b"", "空文件"),
        ("a.txt", b"x" * (MAX_SIZE + 1), "超过 20 MB"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "扩展名不符"),
    ],
)
def test_everything_else_is_refused(name: str, content: bytes, reason: str) -> None:
    with pytest.raises(InvalidFacts, match=reason):
        check(Upload(name, content))


def test_a_file_that_unpacks_to_far_more_is_refused() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("[Content_Types].xml", "")
        opened.writestr("word/document.xml", "")
        for index in range(6):
            opened.writestr(f"word/media/{index}", bytes(90 * 1024 * 1024))
    assert len(content.getvalue()) < MAX_SIZE
    assert media_type_of(content.getvalue()) is None


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\照片.png", "照片.png"),
        ("a\x00b\n.txt", "a_b_.txt"),
        ("报告\u202egnp.exe", "报告_gnp.exe"),
        ("..", "未命名"),
        ("", "未命名"),
        (" .hidden ", "hidden"),
        ("con.txt", "文件_con.txt"),
        ('a"b<c>|d?.txt', "a_b_c_d_.txt"),
        ("长" * 300 + ".docx", "长" * 115 + ".docx"),
    ],
)
def test_names_are_made_safe(given: str, safe: str) -> None:
    assert safe_filename(given) == safe


def test_the_store_keeps_one_copy_and_only_hashes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, second = store.put(Upload("a.png", PNG)), store.put(Upload("b.png", PNG))
    assert first.hash == second.hash
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [store.path(first.hash)]
    assert files[0].stat().st_mode & 0o077 == 0
    with pytest.raises(ValueError, match="SHA-256"):
        store.path("../../etc/passwd")


def test_a_secret_file_is_not_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for upload in (
        Upload("a.docx", docx("【机密】方案")),
        Upload("a.xlsx", xlsx("密级：绝密")),
        Upload("秘密★5年.png", PNG),
    ):
        with pytest.raises(SecretSuspected):
            store.put(upload)
    assert list(tmp_path.rglob("*")) == []


def test_text_is_read_out_of_documents() -> None:
    assert "甲方 & 乙方" in text_of(docx("甲方 &amp; 乙方"), DOCX)
    assert "单元格" in text_of(xlsx("单元格"), XLSX)
    assert text_of(b"PK\x03\x04 broken", DOCX) == ""
    assert text_of(PNG, "image/png") == ""


def test_only_who_may_see_the_matter_gets_its_files(world: World, tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = world.register("交警大队的路口乱停车")
    with world.engine.begin() as connection:
        (attachment,) = attach(connection, made.matter_id, [store.put(Upload("a.png", PNG))], actor="system")
    with world.engine.connect() as connection:
        opened = open_attachment(connection, store, world.person("handler"), attachment)
        assert opened.path.read_bytes() == PNG
        assert (opened.matter_id, opened.filename, opened.media_type) == (made.matter_id, "a.png", "image/png")
        for login, number in (("station_handler", attachment), ("handler", attachment + 1)):
            with pytest.raises(NotFound) as refused:
                open_attachment(connection, store, world.person(login), number)
            assert refused.value.message == "没有找到这个附件。"


def test_a_row_needs_a_matter(world: World, tmp_path: Path) -> None:
    stored = Store(tmp_path).put(Upload("a.png", PNG))
    with pytest.raises(sa.exc.IntegrityError), world.engine.begin() as connection:
        attach(connection, 404, [stored], actor="system")
