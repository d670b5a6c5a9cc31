"""Matters that staff have decided about, put in the tables in one go: what years of work leave behind."""

import random
from collections.abc import Mapping
from types import MappingProxyType

import sqlalchemy as sa

PLACES = ("望江路", "柳营巷", "清河坊", "南桥镇", "北苑", "东风里", "石板街", "新建村", "河西桥", "文昌阁")
ENDS = (
    "很久了",
    "没人管",
    "影响出行",
    "希望处理",
    "天天如此",
    "请派人看看",
    "已经一个月",
    "反映多次",
    "老人孩子害怕",
    "怎么办",
)
STEMS = {
    "traffic": ("占道洗车", "货车夜里鸣喇叭", "斑马线磨没了", "路口看不见指示牌"),
    "station": ("楼上装修砸墙", "广场舞声音大", "邻居养鸽子", "楼道堆放杂物"),
    "outside": ("物业不开发票", "公交改线不便", "路灯不亮", "垃圾没人清运"),
}
"""None of these words stands in a rule of the journeys' bureau."""

INSERT = sa.text(
    """
with written as (insert into petitioner (name) values ('吴女士') returning id)
insert into matter (number, channel_id, title, body, kind, receiving_unit_id, petitioner_id, received_at, imported_at,
    registered_by, judgement)
select :number, c.id, :title, :body, 'request', c.receiving_unit_id, written.id, clock_now(), clock_now(), 'system',
    cast(:judgement as jsonb)
from channel c, written where c.code = :channel returning id
"""
)
JUDGED = '{"outcome": "manual", "routing": {"unit": "", "out_of_scope": true, "confidence": 0, "kind": "request"}}'
ASSIGN = sa.text(
    "update matter set accepted_at = clock_now(), handling_unit_id = (select id from unit where code = :unit) "
    "where id = :id"
)
HAND_ON = sa.text("update matter set outcome = 'handed_on' where id = :id")


def letters(count: int, seed: int = 1) -> list[tuple[str, str, str]]:
    """Draw (title, body, owner), no title twice."""
    chance = random.Random(seed)  # noqa: S311 - the same draw in every run
    every = [
        (f"{place}{stem}{end}", f"{place}{stem}，{end}。", owner)
        for owner, stems in STEMS.items()
        for stem in stems
        for place in PLACES
        for end in ENDS
    ]
    return chance.sample(every, count)


def decide(
    connection: sa.Connection,
    count: int,
    *,
    seed: int = 1,
    channel: str = "12345",
    units: Mapping[str, str] = MappingProxyType({}),
) -> list[int]:
    """Store matters that came and were decided as `STEMS` say; return their ids.

    `units`: other codes for the units.
    """
    ids = []
    for number, (title, body, owner) in enumerate(letters(count, seed)):
        row = {"number": f"S{seed}-{number}", "title": title, "body": body, "judgement": JUDGED, "channel": channel}
        matter = connection.execute(INSERT, row).scalar_one()
        connection.execute(HAND_ON if owner == "outside" else ASSIGN, {"id": matter, "unit": units.get(owner, owner)})
        ids.append(matter)
    return ids
