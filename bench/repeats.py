"""Bench: telling whether two messages are about the same matter, and whether members of an event find each other.

Pairs judged by hand are measured in two ways. Cross-validated: the weights of `rules.comparison` are fitted anew in
each fold and measured on the other pairs; pairs that hang together by a message share a fold, so none is on both sides.
And with the weights that ship, which is blind only for pairs they were not fitted to: give those with `--test-pairs`;
the weights fitted to `--pairs` are measured on them too. A pair counts for as many pairs as its `weight` says.

Beside it, on the same pairs: half the cosine of the titles' pairs of characters and half that of the words.

An event is lived through as it came: each message is looked for among the earlier ones in the index on disk, compared,
and then taken in.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench.judging import SHARED, mean, say, table
from rules.comparison import BIAS, WEIGHTS, Match, compare, likenesses
from rules.fingerprint import Fingerprint, fingerprint
from rules.matter_index import Index, ranked
from rules.rarity import Frequencies, Rarity
from rules.text_index import EVERYTHING, TextIndex
from rules.text_index_schema import Document
from rules.text_index_store import TextIndexWriter, rebuild

ID, PERSON, TITLE, RECEIVED, BODY = "留言编号", "留言用户", "留言主题", "留言时间", "留言详情"
FOLDS, DIVISIONS, QUICK_DIVISIONS = 8, 20, 5
SOFTNESS = 10.0
"""How little the fit is held back from large weights (C of scikit-learn)."""
PRECISION = 0.9
Floats = NDArray[np.float64]


class Pairs:
    """Pairs judged by hand: likenesses (rows × names in WEIGHTS), whether the same matter, weight, and group."""

    def __init__(self, rows: Sequence[dict[str, str]], board: dict[str, Fingerprint], rarity: Rarity) -> None:
        unknown = sorted({row[side] for row in rows for side in ("a", "b")} - board.keys())
        if unknown:
            sys.exit(f"{len(unknown)} messages of the pairs are in no table of --messages: {', '.join(unknown[:5])} …")
        both = [(board[row["a"]], board[row["b"]]) for row in rows]
        found = [likenesses(one, other, rarity) for one, other in both]
        self.likenesses: Floats = np.array([[item[name] for name in WEIGHTS] for item in found])
        self.matches: list[Match] = [compare(one, other, rarity) for one, other in both]
        self.same = np.array([row["same_matter"] == "1" for row in rows])
        self.weight: Floats = np.array([float(row.get("weight") or 1) for row in rows])
        self.group = np.array(groups((row["a"], row["b"]) for row in rows))

    def fit(self, chosen: NDArray[np.bool_]) -> LogisticRegression:
        """Fit the weights to the chosen pairs."""
        weight = self.weight[chosen] / self.weight[chosen].mean()
        return LogisticRegression(C=SOFTNESS, max_iter=2000).fit(
            self.likenesses[chosen], self.same[chosen], sample_weight=weight
        )

    def figures(self, scores: Floats) -> dict[str, float]:
        """Return average precision, and the recall at the largest cut that is as precise as `PRECISION`."""
        order = np.argsort(-scores, kind="stable")
        right = np.cumsum(np.where(self.same, self.weight, 0)[order])
        precision = right / np.cumsum(self.weight[order])
        gained = float(np.sum(np.where(self.same, self.weight, 0)[order] * precision))
        enough = precision >= PRECISION
        recall = float(right[enough].max() / right[-1]) if enough.any() else 0.0
        return {"average_precision": gained / float(right[-1]), "recall_at_precision_90": recall}


def groups(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return for each pair the name of the group of all that hang together with it by a message."""
    parent: dict[str, str] = {}

    def head(item: str) -> str:
        while parent.setdefault(item, item) != item:
            item = parent[item]
        return item

    listed = list(pairs)
    for one, other in listed:
        parent[head(one)] = head(other)
    return [head(one) for one, _ in listed]


def cross_validated(pairs: Pairs, divisions: int) -> list[dict[str, float]]:
    """Return the figures of each division."""
    found = []
    every = sorted(set(pairs.group))
    for seed in range(divisions):
        order = np.random.default_rng(seed).permutation(len(every))
        fold = {every[place]: number % FOLDS for number, place in enumerate(order)}
        held_in = np.array([fold[group] for group in pairs.group])
        scores = np.zeros(len(held_in))
        for number in range(FOLDS):
            held = held_in == number
            if held.any():
                scores[held] = pairs.fit(~held).decision_function(pairs.likenesses[held])
        found.append(pairs.figures(scores))
    return found


def shipped(pairs: Pairs) -> dict[str, float]:
    """Return the figures of the weights that ship, with what they link by themselves and ask about."""
    figures = pairs.figures(np.array([match.score for match in pairs.matches]))
    bands = np.array([match.band for match in pairs.matches])
    linked = bands == "same"
    right = float(pairs.weight[linked & pairs.same].sum() / max(pairs.weight[linked].sum(), 1e-9))
    seen = float(pairs.weight[(bands != "other") & pairs.same].sum() / pairs.weight[pairs.same].sum())
    return figures | {"linked": int(linked.sum()), "linked_right": right, "same_linked_or_asked": seen}


def simple(pairs: Pairs) -> dict[str, float]:
    """Return the figures of the reference: half the titles' cosine and half the words'."""
    names = list(WEIGHTS)
    return pairs.figures(pairs.likenesses[:, [names.index("pairs"), names.index("words")]].mean(axis=1))


def rounded(figures: dict[str, float]) -> dict[str, float]:
    """Return figures with three digits."""
    return {name: round(value, 3) for name, value in figures.items()}


def read_board(paths: Sequence[Path]) -> dict[str, tuple[datetime, Fingerprint]]:
    """Return the messages of tables by id, with when they came, in that order."""
    rows = [row for path in paths for row in table(path, (ID, TITLE, RECEIVED, BODY))]
    found = []
    for row in rows:
        received = datetime.fromisoformat(moment(row[RECEIVED])).replace(tzinfo=UTC)
        taken = fingerprint(row[ID], row[TITLE], row[BODY], person=row.get(PERSON) or "", day=received.date())
        found.append((received, int(row[ID]) if row[ID].isdecimal() else 0, taken))
    return {taken.id: (received, taken) for received, _, taken in sorted(found, key=lambda item: item[:2])}


def moment(written: str) -> str:
    """Return a time like 2019/1/5 9:04 in the form of ISO 8601."""
    if "T" in written:
        return written.strip()
    day, _, clock = written.strip().replace("/", "-").partition(" ")
    year, month, date = day.split("-")
    hour, minute, *second = (clock or "0:00:00").split(":")
    return f"{year}-{int(month):02}-{int(date):02}T{int(hour):02}:{int(minute):02}:{int((second or ['0'])[0]):02}"


def event_found(board: dict[str, tuple[datetime, Fingerprint]], members: set[str]) -> Iterator[bool]:
    """Yield for each member that has an earlier one whether its best match is a member."""
    numbers = {key: number for number, key in enumerate(board, 1)}
    names = {number: key for key, number in numbers.items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rebuild(folder, (), "")
        weights = Frequencies()
        with TextIndexWriter(folder) as writer:
            index, earlier = TextIndex(folder), False
            for key, (received, taken) in board.items():
                if key in members and earlier:
                    writer.commit("")
                    index.reload()
                    rarity = weights.asked(index.size, index.frequency)
                    worth = {one: rarity.of_key(one) for one in taken.keys}
                    found = index.candidates(taken.keys, seen=EVERYTHING, weights=worth)
                    best = ranked(taken, [Fingerprint.of_bytes(item.payload) for item in found], rarity)[:1]
                    yield bool(best) and names[int(best[0].id)] in members
                kept = Fingerprint(**{**vars(taken), "id": str(numbers[key])})
                writer.put(Document(numbers[key], received, keys=taken.keys, payload=kept.to_bytes()))
                earlier = earlier or key in members


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=Path, nargs="+", default=[SHARED / "messages" / "board-2019.csv"])
    parser.add_argument("--pairs", type=Path, default=SHARED / "repeat_pairs.csv", help="a, b, same_matter, weight")
    parser.add_argument("--test-pairs", type=Path, help="pairs to measure on; without: cross-validation")
    parser.add_argument("--events", type=Path, default=SHARED / "event_members.csv", help="event, id")
    parser.add_argument("--fit", action="store_true", help="print the weights fitted to all of --pairs")
    parser.add_argument("--quick", action="store_true", help="fewer divisions, under 50 seconds")
    given = parser.parse_args()
    board = read_board(given.messages)
    prints = {key: taken for key, (_, taken) in board.items()}
    rarity = Index(prints.values()).rarity()
    columns = ("a", "b", "same_matter")
    pairs = Pairs(table(given.pairs, columns), prints, rarity)
    whole = pairs.fit(np.ones(len(pairs.same), dtype=bool))
    if given.fit:
        fitted = dict(zip(WEIGHTS, np.round(whole.coef_[0], 2).tolist(), strict=True))
        say(
            bench="repeats",
            weights=fitted,
            bias=round(float(whole.intercept_[0]), 2),
            shipped=WEIGHTS,
            bias_shipped=BIAS,
        )
    if given.test_pairs:
        test = Pairs(table(given.test_pairs, columns), prints, rarity)
        blind = test.figures(whole.decision_function(test.likenesses))
        say(bench="repeats", way="fitted to --pairs", measured="--test-pairs", n=len(test.same), **rounded(blind))
    else:
        test, divisions = pairs, cross_validated(pairs, QUICK_DIVISIONS if given.quick else DIVISIONS)
        say(
            bench="repeats",
            way="fitted in each fold",
            measured=f"cross-validation, {FOLDS} folds of groups",
            n=len(pairs.same),
            divisions=len(divisions),
            **mean(divisions),
            average_precision_lowest=round(min(one["average_precision"] for one in divisions), 3),
            recall_at_precision_90_lowest=round(min(one["recall_at_precision_90"] for one in divisions), 3),
        )
    measured = "--test-pairs" if given.test_pairs else "--pairs (not blind for those the weights were fitted to)"
    say(bench="repeats", way="shipped weights", measured=measured, n=len(test.same), **rounded(shipped(test)))
    ours, reference = shipped(test)["average_precision"], simple(test)["average_precision"]
    say(
        bench="repeats",
        against="half title pairs, half words",
        ours=round(ours, 3),
        reference=round(reference, 3),
        unit="average precision",
        ratio=round(ours / reference, 3),
        **{f"reference_{name}": value for name, value in rounded(simple(test)).items()},
    )
    rows = table(given.events, ("event", "id"))
    for event in sorted({row["event"] for row in rows}):
        hits = list(event_found(board, {row["id"] for row in rows if row["event"] == event} & board.keys()))
        share = round(sum(hits) / len(hits), 3) if hits else None
        say(bench="repeats", event=event, asked=len(hits), best_earlier_match_is_a_member=share)


if __name__ == "__main__":
    main()
