"""Which column of a channel's file holds what, guessed once by its name and then kept with the channel."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.casework.facts import MatterFacts, clean
from engine.casework.importing.moments import Order, order_of, parse_moment
from engine.casework.importing.tables import Row, Table
from engine.casework.petitioners import PetitionerFacts
from engine.casework.vocabulary import KINDS

FIELDS = {
    "number": "渠道编号",
    "title": "主题",
    "body": "内容",
    "received_at": "收到时间",
    "place": "地点",
    "kind": "民意类型",
    "petitioner_name": "姓名",
    "phone": "电话",
    "identity_number": "身份证号",
    "address": "住址",
}
"""What a column may be mapped to, with the Chinese names."""

DATE_ORDER = "date_order"
"""The mapping's one setting beside columns: ``dmy`` or ``mdy``, for files whose dates do not tell."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "number": (
        "留言编号",
        "信件编号",
        "工单编号",
        "工单号",
        "诉求编号",
        "受理编号",
        "案件编号",
        "建议编号",
        "提案号",
        "编号",
        "流水号",
        "单号",
        "id",
    ),
    "title": ("留言主题", "留言标题", "信件标题", "工单标题", "诉求标题", "案由", "标题", "主题", "事由", "title"),
    "body": (
        "留言详情",
        "留言内容",
        "投诉件内容",
        "信件内容",
        "工单内容",
        "诉求内容",
        "反映内容",
        "问题描述",
        "投诉内容",
        "来信内容",
        "通话内容",
        "短信内容",
        "详情",
        "正文",
        "内容",
        "content",
        "body",
    ),
    "received_at": (
        "留言时间",
        "来信时间",
        "来电时间",
        "受理时间",
        "诉求时间",
        "反映时间",
        "投诉时间",
        "登记时间",
        "提交时间",
        "收到时间",
        "创建时间",
        "接收时间",
        "日期",
        "时间",
        "date",
        "time",
    ),
    "place": ("事发地点", "发生地点", "问题地点", "反映地点", "地点", "位置", "辖区", "区域"),
    "kind": ("民意类型", "诉求类型", "诉求性质", "信件类型", "工单类型", "性质", "类型", "类别"),
    "petitioner_name": (
        "留言用户",
        "诉求人",
        "来信人",
        "来电人",
        "反映人",
        "投诉人",
        "举报人",
        "联系人",
        "网友",
        "用户",
        "姓名",
    ),
    "phone": ("联系电话", "手机号码", "来电号码", "联系方式", "手机号", "电话号码", "电话", "手机", "phone"),
    "identity_number": ("身份证号码", "身份证号", "证件号码", "身份证"),
    "address": ("联系地址", "家庭住址", "通讯地址", "住址", "地址"),
}
"""The names that columns have in files, the most telling first."""

KIND_WORDS = {name: code for code, name in KINDS.items()} | {
    "投诉举报": "complaint",
    "批评": "complaint",
    "诉求": "request",
    "求决": "request",
    "申诉": "petition",
    "意见建议": "suggestion",
    "意见": "suggestion",
    "感谢": "praise",
    "咨询求助": "consult",
}


@dataclass(frozen=True, slots=True)
class RowReading:
    """A row as facts, or why it is none; ``problems`` are Chinese sentences.

    ``number`` and ``received_at`` as far as they could be read, also where the rest could not.
    """

    line: int
    facts: MatterFacts | None
    problems: tuple[str, ...] = ()
    number: str | None = None
    received_at: datetime | None = None


def guess_mapping(columns: Sequence[str]) -> dict[str, list[str]]:
    """Return for each field the column that by its name holds it; fields without one are left out.

    Whole names win over parts of names, and no column is taken twice.
    """
    plain = {column: _plain(column) for column in columns}
    found: dict[str, list[str]] = {}
    for exact in (True, False):
        for field, names in SYNONYMS.items():
            if field in found:
                continue
            taken = {column for listed in found.values() for column in listed}
            for name in names:
                match = next(
                    (column for column in columns if column not in taken and _is(plain[column], name, exact)), None
                )
                if match is not None:
                    found[field] = [match]
                    break
    return {field: found[field] for field in FIELDS if field in found}


def usable(mapping: Mapping[str, Any], columns: Iterable[str]) -> dict[str, list[str]]:
    """Return a stored or typed mapping in its full form, without columns the file lacks and fields nobody knows."""
    known = set(columns)
    found: dict[str, list[str]] = {}
    for field, named in mapping.items():
        listed = [named] if isinstance(named, str) else list(named or ())
        if field == DATE_ORDER:
            found[field] = [order for order in listed if order in {"dmy", "mdy"}][:1]
        elif field in FIELDS:
            found[field] = [column for column in listed if column in known]
    return {field: listed for field, listed in found.items() if listed}


def mapping_problems(mapping: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is missing in a mapping before any row can be read."""
    if not mapping.get("body") and not mapping.get("title"):
        return ["没有一列对应“内容”或“主题”，请指定。"]
    return []


class Reader:
    """Reads the rows of one table as facts of one channel's records."""

    def __init__(self, table: Table, mapping: Mapping[str, Sequence[str]], channel: str) -> None:
        self.channel = channel
        self.columns = table.columns
        positions = {column: position for position, column in enumerate(table.columns)}
        self._cells = {
            field: [positions[column] for column in columns if column in positions]
            for field, columns in mapping.items()
            if field != DATE_ORDER
        }
        given = mapping.get(DATE_ORDER)
        self._order: Order | None = None
        if given:
            self._order = "dmy" if given[0] == "dmy" else "mdy"
        else:
            self._order = order_of(self._text(row, "received_at") for row in table.rows)

    def read(self, row: Row) -> RowReading:
        """Return the row as facts, or the reasons why not; nothing is guessed where a cell cannot be read."""
        problems = [row.problem] if row.problem else []
        body, title = clean(self._text(row, "body")), self._text(row, "title")
        if not body and "body" in self._cells:
            problems.append("内容为空")
        elif not body and not title:
            problems.append("内容和主题都为空")
        moment = None
        written = self._text(row, "received_at")
        if written:
            try:
                moment = parse_moment(written, self._order)
            except ValueError as error:
                problems.append(str(error))
        elif "received_at" in self._cells:
            problems.append("收到时间为空")
        if problems:
            return RowReading(row.line, None, tuple(problems), clean(self._text(row, "number")) or None, moment)
        facts = MatterFacts(
            channel=self.channel,
            channel_number=self._text(row, "number") or None,
            title=title,
            body=body,
            place=self._text(row, "place") or None,
            received_at=moment,
            kind=kind_of(self._text(row, "kind")),
            petitioner=PetitionerFacts(
                name=self._text(row, "petitioner_name") or None,
                phone=self._text(row, "phone") or None,
                identity_number=self._text(row, "identity_number") or None,
                address=self._text(row, "address") or None,
            ),
            delivered=True,
        )
        return RowReading(row.line, facts, (), clean(facts.channel_number or "") or None, moment)

    def beside(self, row: Row) -> list[str]:
        """Return the row's cells that no field is read from."""
        read = {position for positions in self._cells.values() for position in positions}
        return [cell for position, cell in enumerate(row.cells) if position not in read]

    def _text(self, row: Row, field: str) -> str:
        cells = [row.cells[position] for position in self._cells.get(field, ())]
        return "\n".join(cell for cell in cells if cell)


def kind_of(written: str) -> str | None:
    """Return the code of a kind as files name it, or None when it is none of ours."""
    plain = _plain(written).removesuffix("类")
    return KIND_WORDS.get(plain)


def _plain(name: str) -> str:
    return re.sub(r"[\s_:()*【】\[\]-]+", "", unicodedata.normalize("NFKC", name)).lower()


def _is(column: str, name: str, exact: bool) -> bool:
    if exact:
        return column == name
    # Within a longer name two letters of Latin script say nothing: "id" is also in "video".
    return name in column and not name.isascii()
