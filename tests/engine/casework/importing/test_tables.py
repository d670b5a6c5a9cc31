import io
from datetime import datetime

import pytest
from openpyxl import Workbook

from engine.casework.importing import FileRefused, read_table
from engine.casework.importing.separated import decode, separator_of

LETTER = "编号,主题,内容\n1,停车,乱停车\n2,噪音,夜里吵\n"


def book(*sheets: list[list[object]]) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for index, rows in enumerate(sheets):
        sheet = made.create_sheet(f"s{index}")
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_any_usual_encoding(encoding: str) -> None:
    table = read_table(LETTER.encode(encoding), "x.csv")
    assert table.columns == ("编号", "主题", "内容")
    assert [row.cells for row in table.rows] == [("1", "停车", "乱停车"), ("2", "噪音", "夜里吵")]
    assert [row.line for row in table.rows] == [2, 3]


def test_a_rare_character_of_gb18030() -> None:
    assert decode("㐂𠮷".encode("gb18030")) == "㐂𠮷"


@pytest.mark.parametrize("separator", [",", "\t", ";", "|", "，"])
def test_any_usual_separator(separator: str) -> None:
    text = LETTER.replace(",", separator)
    assert separator_of(text) == separator
    assert read_table(text.encode(), "x.csv").columns == ("编号", "主题", "内容")


def test_commas_in_quoted_text_do_not_decide_the_separator() -> None:
    text = '编号;内容\n1;"甲，乙,丙,丁"\n2;"戊,己,庚，辛"\n'
    assert read_table(text.encode(), "x.csv").columns == ("编号", "内容")


def test_line_ends_within_quotes_belong_to_the_cell() -> None:
    table = read_table('编号,内容\r\n1,"第一行\r\n第二行,还有""引号"""\r\n2,短\r\n'.encode(), "x.csv")
    assert table.rows[0].cells == ("1", '第一行\r\n第二行,还有"引号"')
    assert [row.line for row in table.rows] == [2, 4]


def test_huge_cells() -> None:
    table = read_table(f"编号,内容\n1,{'长' * 150_000}\n2,{'长' * 250_000}\n".encode(), "x.csv")
    assert (len(table.rows[0].cells[1]), table.rows[0].problem) == (150_000, None)
    assert table.rows[1].problem is not None


def test_ragged_rows() -> None:
    table = read_table(b"a,b,c\n1,2\n1,2,3,\n1,2,3,4\n\n , ,\n", "x.csv")
    assert [row.cells for row in table.rows] == [("1", "2", ""), ("1", "2", "3"), ("1", "2", "3")]
    assert [bool(row.problem) for row in table.rows] == [False, False, True]


def test_a_quotation_mark_inside_a_plain_cell_is_read_as_it_stands() -> None:
    table = read_table('编号,内容\n1,他说"不行"就走了\n2,"甲"乙\n'.encode(), "x.csv")
    assert table.rows[0].cells[1] == '他说"不行"就走了'
    assert len(table.rows) == 2


def test_an_unclosed_quotation_mark_is_named_by_its_line() -> None:
    with pytest.raises(FileRefused, match="第 3 行"):
        read_table('编号,内容\n1,好\n2,"没有闭合\n3,后面\n'.encode(), "x.csv")


def test_header_may_follow_a_title_and_names_are_made_unique() -> None:
    table = read_table("市长信箱导出表,,\n\n编号,时间,时间,\n1,2,3,4\n".encode(), "x.csv")
    assert table.columns == ("编号", "时间", "时间（2）")
    assert table.rows[0].line == 4


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "x.csv", "空"),
        (b"\r\n \n", "x.csv", "空"),
        ("只有一列\n甲\n乙\n".encode(), "x.csv", "表头"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 100, "x.xls", "XLS"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "x.csv", "不是表格"),
        (b"PK\x03\x04" + b"\x00" * 100, "x.xlsx", "不是可以导入"),
        (LETTER.encode(), "x.xlsx", "已损坏"),
        (b"a,b\n\xff\xff\xff\x81\xff,1", "x.csv", "编码"),
        (b"x" * (64 * 1024 * 1024 + 1), "x.csv", "64 MB"),
    ],
)
def test_other_files_are_refused_with_a_reason(content: bytes, name: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        read_table(content, name)


def test_too_many_rows() -> None:
    with pytest.raises(FileRefused, match="100000 行"):
        read_table(b"a,b\n" + b"1,2\n" * 100_001, "x.csv")


def test_workbooks_give_what_a_person_would_have_typed() -> None:
    content = book(
        [["说明"]],
        [
            ["编号", "时间", "金额", "是否", "内容"],
            [1001, datetime(2019, 2, 28, 11, 25, 5), 2.5, True, "甲\n乙"],  # noqa: DTZ001 - cells have no zone
            [None, None, None, None, None],
            [1002.0, "2019/3/1", 3, False, None],
        ],
    )
    table = read_table(content, "x.xlsx")
    assert table.columns == ("编号", "时间", "金额", "是否", "内容")
    assert table.rows[0].cells == ("1001", "2019-02-28 11:25:05", "2.5", "是", "甲\n乙")
    assert table.rows[1].cells == ("1002", "2019/3/1", "3", "否", "")
    assert [row.line for row in table.rows] == [2, 4]


def test_a_workbook_without_a_table() -> None:
    with pytest.raises(FileRefused, match="没有内容"):
        read_table(book([["只有说明"]]), "x.xlsx")
