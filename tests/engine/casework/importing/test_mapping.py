from pathlib import Path

import pytest

from engine.casework.importing import (
    Reader,
    choose_mapping,
    guess_mapping,
    mapping_problems,
    preview,
    read_table,
    usable,
)
from engine.casework.importing.mapping import kind_of


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "点赞数"],
            {
                "number": "留言编号",
                "title": "留言主题",
                "body": "留言详情",
                "received_at": "留言时间",
                "petitioner_name": "留言用户",
            },
        ),
        (
            ["id", "性质", "标题", "时间", "投诉件内容", "回复1"],
            {"number": "id", "title": "标题", "body": "投诉件内容", "received_at": "时间", "kind": "性质"},
        ),
        (
            ["工单编号", "来电人姓名", "来电人联系电话", "诉求类型", "工单内容描述", "受理日期", "事发地点"],
            {
                "number": "工单编号",
                "body": "工单内容描述",
                "received_at": "受理日期",
                "place": "事发地点",
                "kind": "诉求类型",
                "petitioner_name": "来电人姓名",
                "phone": "来电人联系电话",
            },
        ),
        (["video", "width"], {}),
    ],
)
def test_columns_are_known_by_their_names(columns: list[str], expected: dict[str, str]) -> None:
    assert guess_mapping(columns) == {field: [column] for field, column in expected.items()}


def test_no_column_is_taken_twice() -> None:
    guessed = guess_mapping(["内容", "处理内容", "时间", "办结时间"])
    assert guessed == {"body": ["内容"], "received_at": ["时间"]}


def test_a_mapping_is_narrowed_to_what_the_file_has() -> None:
    kept = {"body": ["详情", "补充"], "title": "主题", "nonsense": ["主题"], "date_order": ["dmy"]}
    assert usable(kept, ["详情", "主题"]) == {"body": ["详情"], "title": ["主题"], "date_order": ["dmy"]}
    assert mapping_problems({"title": ["主题"]}) == []
    assert mapping_problems({"number": ["id"]}) != []


def test_the_channels_mapping_is_used_where_it_fits() -> None:
    table = read_table("甲,乙,内容\n1,2,3\n".encode(), "x.csv")
    assert choose_mapping(table, {"body": ["乙"]}) == {"body": ["乙"]}
    assert choose_mapping(table, {"body": ["丙"]}) == {"body": ["内容"]}
    assert choose_mapping(table, {"body": ["乙"]}, {"body": ["甲"]}) == {"body": ["甲"]}


def test_rows_become_facts_or_reasons() -> None:
    table = read_table(
        "编号,主题,内容,补充,时间,类型\n"
        "1,停车,乱停车,天天如此,2019/3/4 8:00,投诉类\n"
        "2,噪音,,,2019/3/4,咨询\n"
        "3,,夜里吵,,三月四日,其他\n"
        "4,,夜里吵,,,求助\n".encode(),
        "x.csv",
    )
    mapping = {
        "number": ["编号"],
        "title": ["主题"],
        "body": ["内容", "补充"],
        "received_at": ["时间"],
        "kind": ["类型"],
    }
    first, second, third, fourth = (Reader(table, mapping, "12345").read(row) for row in table.rows)
    assert first.facts is not None
    assert (first.facts.body, first.facts.kind, first.facts.channel_number) == ("乱停车\n天天如此", "complaint", "1")
    assert first.facts.delivered
    assert (second.facts, second.problems) == (None, ("内容为空",))
    assert "三月四日" in third.problems[0]
    assert fourth.problems == ("收到时间为空",)


def test_kinds_by_their_names() -> None:
    assert [kind_of(word) for word in ("咨询", " 投诉类", "表扬", "别的", "")] == [
        "consult",
        "complaint",
        "praise",
        None,
        None,
    ]


def test_a_preview_shows_what_would_be_refused() -> None:
    rows = "".join(f"{n},内容{n},2019/3/4\n" for n in range(30)) + "x,,2019/3/4\ny,有内容,不是时间\n"
    table = read_table(("编号,内容,时间\n" + rows).encode(), "x.csv")
    seen = preview(table, guess_mapping(table.columns), limit=5)
    assert (seen.total, seen.faulty, len(seen.rows), len(seen.errors)) == (32, 2, 5, 2)
    assert seen.rows[0].facts is not None
    assert seen.rows[0].facts.title == "内容0"
    assert [row.line for row in seen.errors] == [32, 33]
    assert preview(table, {"number": ["编号"]}).problems


@pytest.mark.parametrize(
    ("name", "rows"), [("board-2019.csv", 4326), ("answered-2018.csv", 1397), ("hotline-12345.csv", 944)]
)
def test_real_files_are_read_whole(shared: Path, name: str, rows: int) -> None:
    table = read_table((shared / "data" / "messages" / name).read_bytes(), name)
    mapping = guess_mapping(table.columns)
    assert {"number", "title", "body", "received_at"} <= mapping.keys()
    reader = Reader(table, mapping, "x")
    readings = [reader.read(row) for row in table.rows]
    assert len(readings) == rows
    assert [reading.problems for reading in readings if reading.facts is None] == []
