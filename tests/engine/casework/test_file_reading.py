"""The text of attachments: kept when they come, read in later where they were not."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.casework import secret_words
from engine.casework.attachments import Store, Upload
from engine.casework.facts import MatterFacts
from engine.casework.file_reading import forget_begun, left, read_attachments
from engine.casework.registration import register
from engine.casework.screening import MOST_TEXT
from tests.engine.casework.documents import pdf, runs, shown, word
from tests.journeys.bureau import Person, World

FILES = (
    Upload("信.docx", word(runs("请整治幸福路违停"))),
    Upload("可读.pdf", pdf(shown("请整治光明路噪声"))),
    Upload("扫描.pdf", pdf("10 10 m 20 20 l S")),
    Upload("照片.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 32),
    Upload("便条.txt", "和平路的路灯\x00不亮".encode()),
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def come(world: World, store: Store, *files: Upload) -> str:
    given = MatterFacts(channel="12345", title="幸福路乱停车", body="请看附件", attachments=files)
    with world.engine.begin() as connection:
        return register(connection, given, runtime=world.runtime, actor="system", store=store).number


def texts(world: World) -> dict[str, tuple[Any, Any]]:
    rows = world.rows("select filename, text, unread from attachment order by id")
    return {row["filename"]: (row["text"], row["unread"]) for row in rows}


def forget(world: World) -> None:
    """As attachments are from before their texts were kept."""
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update attachment set text = null, unread = null")


def test_the_text_is_kept_with_the_attachment_and_why_there_is_none(world: World, store: Store) -> None:
    come(world, store, *FILES[:4])
    found = texts(world)
    assert found["信.docx"] == ("请整治幸福路违停", None)
    assert found["可读.pdf"] == ("pypdf\n请整治光明路噪声", None)
    assert found["照片.png"] == (None, "图片或音像，其中的文字没有读取")
    assert found["扫描.pdf"][1] == "是扫描件或图片，其中的文字没有读取"
    assert left(world.engine) == 0


def test_attachments_from_before_are_read_some_at_a_time_and_come_out_the_same(world: World, store: Store) -> None:
    come(world, store, *FILES[:4])
    kept = texts(world)
    forget(world)
    assert left(world.engine) == 4
    assert read_attachments(world.engine, store, most=3) == 3
    assert left(world.engine) == 1
    assert read_attachments(world.engine, store) == 1
    assert read_attachments(world.engine, store) == 0
    assert texts(world) == kept


def test_a_file_that_ends_the_process_is_not_tried_again_until_somebody_asks(world: World, store: Store) -> None:
    come(world, store, Upload("坏.txt", "光明路噪声".encode()), Upload("好.txt", "路灯不亮".encode()))
    forget(world)
    bad = world.rows("select hash from attachment where filename = '坏.txt'")[0]["hash"]
    program = (
        "import os, pathlib, sys\n"
        "from sqlalchemy import create_engine\n"
        "from engine.casework import file_reading\n"
        "from engine.casework.attachments import Store\n"
        "url, folder, bad = sys.argv[1:]\n"
        "store = Store(pathlib.Path(folder))\n"
        "content, screen = store.path(bad).read_bytes(), file_reading.screen_file\n"
        "file_reading.screen_file = lambda given: os.abort() if given == content else screen(given)\n"
        "print(file_reading.read_attachments(create_engine(url), store), flush=True)\n"
    )
    url = world.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", program, url, str(store.root), bad]
    assert subprocess.run(command, check=False, capture_output=True).returncode < 0
    after = subprocess.run(command, check=False, capture_output=True)
    assert (after.returncode, after.stdout) == (0, b"1\n"), after.stderr
    assert texts(world)["坏.txt"] == (None, "正在读取；若一直如此，是读取时程序中断，文字没有保存")
    assert texts(world)["好.txt"] == ("路灯不亮", None)
    assert left(world.engine) == 0
    assert forget_begun(world.engine) == 1
    assert read_attachments(world.engine, store) == 1
    assert texts(world)["坏.txt"] == ("光明路噪声", None)


def test_a_file_that_is_gone_and_one_that_is_marked_since_say_so(world: World, store: Store) -> None:
    number = come(world, store, Upload("a.txt", "参与白鹭五号的人".encode()), Upload("b.txt", "路灯不亮".encode()))
    forget(world)
    gone = world.rows("select hash from attachment where filename = 'b.txt'")[0]["hash"]
    store.path(gone).unlink()
    secret_words.use_secret("a secret for the words of tests, and of nobody else")
    with world.engine.begin() as connection:
        secret_words.add(connection, Person(world.officer("inspector"), ["security_admin@*"]), "白鹭五号")
    read_attachments(world.engine, store)
    assert texts(world) == {
        "a.txt": (None, "有疑似涉密标志，没有保存文字"),
        "b.txt": (None, "文件不在存储中，没有读取"),
    }
    (attempt,) = world.rows("select place, subject, kinds, officer_id from secret_attempt")
    assert (attempt["place"], attempt["subject"], attempt["kinds"], attempt["officer_id"]) == (
        "attachment", number, ["word"], None,
    )  # fmt: skip


def test_only_so_much_of_a_text_is_kept(world: World, store: Store) -> None:
    come(world, store, Upload("长.txt", ("路灯不亮。" * (MOST_TEXT // 5 + 10)).encode()))
    text, unread = texts(world)["长.txt"]
    assert len(text) == MOST_TEXT
    assert unread == "文字过多，只保存了前面部分"
