"""The demonstration's own material: complete, consistent, and routed as it was meant."""

import csv
import io
from collections import Counter
from dataclasses import dataclass

import pytest

from engine.casework.demo.bureau import CATEGORIES, CHANNELS, CONDUCT, OFFICERS, UNITS
from engine.casework.demo.keywords import RULES
from engine.casework.demo.messages import FATES, MATTERS, hotline_file
from engine.casework.roles import ROLES
from rules.comparison import Match
from rules.fingerprint import Fingerprint, fingerprint
from rules.matter_index import Index
from rules.routing import Category, Officer, Router, Unit, Verdict
from rules.screening import screen


@dataclass(frozen=True)
class Judged:
    """What rules and comparison say of a message."""

    verdict: Verdict
    matches: list[Match]
    print: Fingerprint

    @property
    def primary(self) -> str:
        """The matter it repeats; whoever handles that may be accused now, so an accusation repeats none."""
        same = self.matches and self.matches[0].band == "same" and not self.verdict.accused
        return self.matches[0].id if same else ""

    @property
    def outcome(self) -> str:
        if self.primary or not self.verdict.certain:
            return "repeat" if self.primary else "manual"
        return "out_of_scope" if self.verdict.out_of_scope else "pushed"


def judge(router: Router, index: Index, key: str, texts: tuple[str, str, str], *, channel="", person="") -> Judged:
    """Judge a message; `texts`: title, body and place."""
    title, body, place = texts
    print_ = fingerprint(key, title, body, place=place, person=person)
    return Judged(router.route(title, body, place, channel), index.matches(print_), print_)


UNIT_CODES = {unit.code for unit in UNITS}
HANDLING = {matter.unit for matter in MATTERS if matter.unit}


@pytest.fixture(scope="module")
def router():
    return Router(
        RULES,
        [
            Unit(unit.code, (unit.name, *unit.names), unit.kind == "station", unit.places, unit.generic)
            for unit in UNITS
        ],
        [Category(item.code, item.kind, item.topic) for item in CATEGORIES],
        [Officer(item.login, item.name, item.unit, item.badge) for item in OFFICERS],
    )


@pytest.fixture(scope="module")
def judged(router):
    index, found = Index(), {}
    for matter in sorted(MATTERS, key=lambda item: -item.days):
        found[matter.key] = judge(
            router,
            index,
            matter.key,
            (matter.title, matter.body, matter.place),
            channel=matter.channel,
            person=matter.phone,
        )
        index.add(found[matter.key].print)
    return found


def holders(role, unit=None):
    return [officer.login for officer in OFFICERS if (role, unit) in officer.holdings]


def test_the_bureau_is_large_enough_and_its_keys_are_its_own():
    assert len(UNITS) >= 12
    assert len([unit for unit in UNITS if unit.kind == "station"]) >= 4
    assert len(OFFICERS) >= 30
    assert len(CATEGORIES) >= 40
    for keys in (
        [unit.code for unit in UNITS],
        [officer.login for officer in OFFICERS],
        [officer.badge for officer in OFFICERS],
        [item.code for item in CATEGORIES],
        [channel.code for channel in CHANNELS],
        [matter.key for matter in MATTERS],
        [place for unit in UNITS for place in unit.places],
    ):
        assert len(keys) == len(set(keys))


def test_the_nine_channels_are_there_each_with_somebody_to_receive():
    assert {channel.name for channel in CHANNELS} == {
        "人大政协建议提案",
        "市长信箱",
        "12345政府服务平台",
        "政风热线",
        "平安民声",
        "110短信评警",
        "民生警务连线",
        "来信来访",
        "批示督办",
    }
    for channel in CHANNELS:
        assert holders("receiver", channel.receiving_unit), channel.code
        assert channel.number_label


def test_every_role_is_held_and_every_handling_unit_is_staffed():
    held = {role for officer in OFFICERS for role, _ in officer.holdings}
    assert held == set(ROLES)
    for officer in OFFICERS:
        assert officer.unit in UNIT_CODES
        for role, unit in officer.holdings:
            assert (unit in UNIT_CODES) if ROLES[role].in_unit else unit is None
    for unit in HANDLING | {rule.unit for rule in RULES if rule.unit}:
        assert len(holders("liaison", unit)) == 1, unit
        assert holders("handler", unit), unit
        assert holders("instructor", unit), unit
        assert len(holders("bureau_leader", unit)) == 1, unit


def test_nobody_checks_what_they_did_themselves():
    pairs = [(role, unit) for officer in OFFICERS for role, unit in officer.holdings]
    assert pairs
    for unit in HANDLING:
        assert not set(holders("handler", unit)) & {
            *holders("instructor", unit),
            *holders("visitor"),
            *holders("liaison", unit),
        }


def test_categories_have_two_levels_and_the_four_conduct_tags():
    top = {item.code: item for item in CATEGORIES if item.parent is None}
    assert all(item.parent in top and item.kind == top[item.parent].kind for item in CATEGORIES if item.parent)
    conduct = [item for item in CATEGORIES if item.conduct]
    assert {item.name for item in conduct} == {"窗口服务", "内务管理", "警纪警风", "工作作风"}
    assert {item.topic for item in conduct} == CONDUCT
    assert {item.kind for item in conduct} == {"complaint"}


def test_there_are_enough_matters_of_every_unit_category_channel_and_fate():
    assert len(MATTERS) >= 150
    assert {matter.category for matter in MATTERS if matter.category} == {
        item.code for item in CATEGORIES if item.parent
    }
    assert {matter.channel for matter in MATTERS} == {channel.code for channel in CHANNELS}
    assert {"bureau", "leadership", "office"} == UNIT_CODES - HANDLING
    assert {matter.fate for matter in MATTERS if not matter.primary} == set(FATES)
    assert all(0 <= matter.days <= 180 for matter in MATTERS)
    keys = {matter.key for matter in MATTERS}
    assert all(matter.primary in keys for matter in MATTERS if matter.primary)
    assert len([matter for matter in MATTERS if matter.primary]) >= 5


def test_no_two_matters_are_written_alike():
    assert len({matter.title for matter in MATTERS}) == len({matter.body for matter in MATTERS}) == len(MATTERS)


def test_the_dictionary_is_large_and_sound(router):
    assert router is not None
    assert len(RULES) >= 150
    assert len([rule for rule in RULES if rule.kind == "outside"]) >= 40


def test_police_matters_reach_the_unit_that_was_meant(judged):
    police = [matter for matter in MATTERS if matter.unit]
    right = [matter for matter in police if judged[matter.key].verdict.unit == matter.unit]
    assert len(right) / len(police) >= 0.8
    assert {matter.unit for matter in right} == HANDLING


def test_matters_of_others_are_known_as_such(judged):
    others = [matter for matter in MATTERS if not matter.unit]
    assert len(others) >= 10
    assert all(judged[matter.key].verdict.out_of_scope and judged[matter.key].verdict.agency for matter in others)


def test_repeats_find_their_primary_and_nothing_else_is_linked(judged):
    for matter in MATTERS:
        assert judged[matter.key].primary == matter.primary, matter.key


def test_no_accused_unit_handles_or_supervises_its_accusation(judged):
    accusing = 0
    for judgement in judged.values():
        verdict = judgement.verdict
        accused = {item.unit for item in verdict.accused if item.unit}
        accusing += bool(accused)
        assert not accused & {verdict.unit, verdict.supervising_unit, *verdict.joint_units}
    assert accusing >= 8


def test_nothing_in_the_demonstration_is_a_secret_or_a_real_looking_identity():
    for matter in MATTERS:
        found = screen(f"{matter.title}\n{matter.body}")
        assert not found.is_secret
        assert not set(found.personal) - {"address"}
        assert matter.phone.startswith("1990000")


def test_the_sample_file_has_every_way_a_row_can_end(router, judged):
    rows = list(csv.DictReader(io.StringIO(hotline_file().decode("utf-8-sig"))))
    assert len(rows) >= 20
    numbers = Counter(row["工单编号"] for row in rows)
    assert max(numbers.values()) == 2
    assert any(not row["诉求内容"] for row in rows)
    assert any(screen(row["诉求内容"]).is_secret for row in rows)
    index = Index(judgement.print for judgement in judged.values())
    outcomes = Counter(
        judge(router, index, row["工单编号"], (row["诉求标题"], row["诉求内容"], row["事发地点"])).outcome
        for row in rows
    )
    assert set(outcomes) == {"pushed", "manual", "repeat", "out_of_scope"}
    assert outcomes["pushed"] / len(rows) >= 0.5
