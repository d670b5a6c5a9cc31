"""The search: the same words, filters and index as the page's box."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from flask_babel import lazy_gettext as _
from pydantic import Field

from engine.casework.searching import DEEPEST, Asked, Shown, search
from engine.database import db
from rules.query_snippets import Fragment
from webapp.api.authentication import officer
from webapp.api.matters import Kind, Severity, Status
from webapp.api.operation import operation
from webapp.api.paging import Page, Paged, page
from webapp.api.shapes import Answered, Id, Moment, Short
from webapp.sentences import N_

YesNo = Literal["", "yes", "no"]
Where = Literal["number", "channel_number", "title", "place", "body", "reply", "file"]


class SearchQuery(Paged):
    """What to look for."""

    q: Annotated[Short, Field(description=N_("词、编号、姓名、电话、地点；空格隔开，引号原样，减号除外。"))] = ""
    kind: Kind | None = None
    status: Status | None = None
    severity: Severity | None = None
    receiving: Annotated[Id | None, Field(description=N_("受理部门的 id。"))] = None
    handling: Annotated[Id | None, Field(description=N_("承办单位的 id。"))] = None
    channel: Annotated[Id | None, Field(description=N_("渠道的 id。"))] = None
    category: Annotated[Id | None, Field(description=N_("事项类别的 id，不含它的下级。"))] = None
    since: Annotated[date | None, Field(description=N_("收到日期不早于。"))] = None
    until: Annotated[date | None, Field(description=N_("收到日期不晚于。"))] = None
    repeat: Annotated[YesNo, Field(description=N_("yes 只要重复反映，no 只要首次反映。"))] = ""
    attachments: Annotated[YesNo, Field(description=N_("yes 只要有附件的，no 只要没有附件的。"))] = ""
    order: Annotated[
        Literal["relevance", "newest", "oldest"], Field(description=N_("最相关的、最新的或最早的在前。"))
    ] = "relevance"


class Piece(Answered):
    """A piece of a text, and whether it is one of the words asked for."""

    text: str
    marked: bool


class Excerpt(Answered):
    """Where words of the query stand: the pieces of that text in order; `file` names the attachment."""

    where: Where
    file: str | None
    pieces: list[Piece]


class FoundMatter(Answered):
    """A matter that was found."""

    number: str
    title: str
    kind: str
    category: str | None
    severity: str
    status: str
    channel: str
    receiving_unit: str
    handling_unit: str | None
    received_at: Moment
    due_at: Moment | None
    replied_at: Moment | None
    closed_at: Moment | None
    repeat: bool
    excerpts: Annotated[list[Excerpt], Field(description=N_("查到的词所在的地方，词本身 marked 为 true。"))]


class Meant(Answered):
    """Another query that finds something."""

    q: str
    total: int


class Findings(Page[FoundMatter]):
    """A page of what was found."""

    suggestions: Annotated[list[Meant], Field(description=N_("也许想找的；只在找到很少时给出。"))]
    indexed: Annotated[bool, Field(description=N_("false：索引还没有建好，直接在数据库里查找，按时间排列。"))]


@operation(
    "GET", "/search", _("在自己可以查看的事项里搜索，最相关的在前"), tag="matters", query=SearchQuery, answers=Findings
)
def search_matters(query: SearchQuery) -> Findings:
    """Search as the page does; it stays in the same record."""
    number, limit = query.place
    asked = Asked(
        text=query.q,
        kind=query.kind or "",
        status=query.status or "",
        severity=query.severity or "",
        channel=query.channel,
        category=query.category,
        receiving=query.receiving,
        handling=query.handling,
        repeat=query.repeat,
        attachments=query.attachments,
        since=query.since,
        until=query.until,
        order=query.order,
        page=number,
    )
    found = search(db.session.connection(), officer(), asked, per_page=limit)
    db.session.commit()
    following = page(Page[FoundMatter], query, (), min(found.total, DEEPEST)).next
    return Findings(
        items=[_matter(row) for row in found.rows],
        total=found.total,
        next=following,
        suggestions=[Meant(q=one.text, total=one.count) for one in found.suggestions],
        indexed=not found.without,
    )


def _matter(row: Shown) -> FoundMatter:
    places: list[tuple[Where, str | None, tuple[Fragment, ...]]] = [
        ("number", None, row.number),
        ("channel_number", None, row.channel_number),
        ("title", None, row.title),
        ("place", None, row.place),
        ("body", None, row.body),
        ("reply", None, row.reply),
        *(("file", name, found) for name, found in row.files),
    ]
    return FoundMatter(
        number=row.plain_number,
        title="".join(piece.text for piece in row.title),
        kind=row.kind,
        category=row.category,
        severity=row.severity,
        status=row.status,
        channel=row.channel,
        receiving_unit=row.receiving_unit,
        handling_unit=row.handling_unit,
        received_at=row.received_at,
        due_at=row.due_at,
        replied_at=row.replied_at,
        closed_at=row.closed_at,
        repeat=row.repeat,
        excerpts=[
            Excerpt(where=where, file=file, pieces=[Piece(text=one.text, marked=one.marked) for one in pieces])
            for where, file, pieces in places
            if any(one.marked for one in pieces)
        ],
    )
