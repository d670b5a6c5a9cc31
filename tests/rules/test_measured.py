"""Quality on real, labelled messages that lie beside the repository; nothing of them stands in it."""

import csv

import pytest

from bench.routing import BRANCHES, NOT_POLICE
from engine.casework.demo.keywords import RULES
from rules.comparison import compare
from rules.fingerprint import fingerprint
from rules.matter_index import Index
from rules.routing import Router, Unit
from rules.screening import screen


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def routed(shared):
    codes = sorted({rule.unit for rule in RULES if rule.unit} - {"traffic"})
    router = Router(RULES, [Unit("traffic", ("交警大队",), generic=("交警",)), *(Unit(code, ()) for code in codes)])
    return [(row["branch"], router.route(row["title"], row["body"])) for row in read(shared / "data" / "branch.csv")]


def said(verdict):
    return NOT_POLICE if verdict.out_of_scope else BRANCHES.get(verdict.unit, verdict.unit)


def test_routing_beats_preset_keywords_on_all_matters_and_on_police_matters(routed):
    right = sum(said(verdict) == branch for branch, verdict in routed) / len(routed)
    police = [(branch, verdict) for branch, verdict in routed if branch != NOT_POLICE]
    unit = [
        (branch, verdict.unit or next((item.unit for item in verdict.alternatives if item.unit), ""))
        for branch, verdict in police
    ]
    right_unit = sum(BRANCHES.get(code, code) == branch for branch, code in unit) / len(police)
    print(f"routing: accuracy {right:.3f}, police matters alone {right_unit:.3f}")
    assert right >= 0.88
    assert right_unit >= 0.93


def test_what_is_pushed_without_a_hand_is_nearly_always_right(routed):
    certain = [(branch, verdict) for branch, verdict in routed if verdict.certain]
    precision = sum(said(verdict) == branch for branch, verdict in certain) / len(certain)
    print(f"routing: {len(certain) / len(routed):.3f} without a hand, {precision:.3f} of them right")
    assert len(certain) / len(routed) >= 0.7
    assert precision >= 0.95


def test_confidence_tells_right_from_wrong(routed):
    ranked = sorted(routed, key=lambda item: -item[1].confidence)
    third = len(ranked) // 3
    shares = [
        sum(said(verdict) == branch for branch, verdict in part) / len(part)
        for part in (ranked[:third], ranked[third : 2 * third], ranked[2 * third :])
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[2] > 0.15


def test_every_routing_has_its_reason(routed):
    assert all(verdict.reasons for _, verdict in routed)


@pytest.fixture(scope="module")
def board(shared):
    rows = read(shared / "data" / "messages" / "board-2019.csv")
    return {
        row["留言编号"]: fingerprint(row["留言编号"], row["留言主题"], row["留言详情"], person=row["留言用户"])
        for row in rows
    }


def average_precision(scored):
    """Weighted average precision; `scored`: (score, same, weight)."""
    right = wrong = gained = 0.0
    for _, same, weight in sorted(scored, key=lambda item: -item[0]):
        if same:
            right += weight
            gained += weight * right / (right + wrong)
        else:
            wrong += weight
    return gained / right


@pytest.mark.parametrize("known", [0, 400, None])
def test_repeats_are_ranked_well_and_links_are_right_however_many_matters_are_in(shared, board, known):
    index = Index(list(board.values())[:known])
    rarity = index.rarity()
    pairs = read(shared / "data" / "repeat_pairs.csv")
    found = [
        (compare(board[row["a"]], board[row["b"]], rarity), row["same_matter"] == "1", float(row["weight"]))
        for row in pairs
    ]
    precision = average_precision([(match.score, same, weight) for match, same, weight in found])
    linked = [(same, weight) for match, same, weight in found if match.band == "same"]
    right = sum(weight for same, weight in linked if same) / sum(weight for _, weight in linked)
    print(f"repeats, {len(index)} known: average precision {precision:.3f}, {len(linked)} linked, {right:.3f} right")
    assert precision >= 0.93
    assert right >= 0.95
    assert len(linked) >= 60


def test_members_of_an_event_find_each_other(shared, board):
    members = {row["id"] for row in read(shared / "data" / "event_members.csv")}
    index, hits, asked = Index(), 0, 0
    for key in sorted(board, key=int):
        if key in members and members & {earlier for earlier in members if earlier in index}:
            best = index.matches(board[key])[:1]
            asked += 1
            hits += bool(best) and best[0].id in members
        index.add(board[key])
    print(f"event: {hits} of {asked} find a member")
    assert hits / asked >= 0.95


def test_no_real_message_is_taken_for_a_secret(shared):
    texts = [
        "\n".join(value for value in row.values() if value)
        for path in sorted((shared / "data" / "messages").glob("*.csv"))
        for row in read(path)
    ]
    assert len(texts) == 6667
    assert sum("秘密" in text or "机密" in text for text in texts) > 10
    assert sum(screen(text).is_secret for text in texts) == 0
