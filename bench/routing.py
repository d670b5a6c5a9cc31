"""Bench: which branch of the police owns a message, or none: preset rules alone, learned model alone, both.

Without `--test` it cross-validates by group, several divisions and their mean. Models, weights and thresholds are made
from the training part alone; a threshold is always chosen on matters that the model it judges had not seen.
"""

import argparse
import time
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bench.judging import PRECISIONS, Answers, arguments, mean, say, table
from rules import segment
from rules.learning_features import Text
from rules.learning_threshold import threshold
from rules.learning_training import Rows, divided
from rules.routing import OUTSIDE, Router, Unit
from rules.routing_learned import LearnedRouter, Routing
from rules.routing_preset import preset_rules
from rules.routing_training import Confirmed, Learning

COLUMNS = ("title", "body", "branch", "group")
BRANCHES = {
    "traffic": "JJ",
    "household": "HZ",
    "criminal": "XZ",
    "economic": "XZ",
    "cyber": "XZ",
    "drugs": "XZ",
    "vehicles": "CG",
    "public_order": "ZA",
    "inspectorate": "DC",
    "exit_entry": "CRJ",
}
NOT_POLICE = "NP"
UNITS = tuple(sorted(set(BRANCHES.values())))
FOLDS, DIVISIONS, QUICK_DIVISIONS = 8, 5, 1
Way = Literal["rules", "model", "both"]
WAYS: tuple[Way, ...] = ("rules", "model", "both")


@dataclass
class Run:
    """The answers of one way over one division, and whether the police branch alone was right for police matters."""

    answers: Answers
    police: list[bool]


def router() -> Router:
    """Return the preset rules with the branches of the table as units."""
    units = [Unit(code, ("交警大队",), generic=("交警",)) if code == "JJ" else Unit(code, ()) for code in UNITS]
    return Router(preset_rules(BRANCHES), units)


def confirmed(rows: list[dict[str, str]], rules: Router) -> list[Confirmed]:
    """Return the rows as matters that staff confirmed."""
    return [
        Confirmed(
            Text(row["title"], row["body"]),
            OUTSIDE if row["branch"] == NOT_POLICE else row["branch"],
            rules.weigh(row["title"], row["body"]).evidence,
            row["group"],
        )
        for row in rows
    ]


def without(learning: Learning, way: Way) -> Learning:
    """Return the matters as the way sees them: the model alone is told nothing of the rules."""
    if way != "model":
        return learning
    blind = object.__new__(Learning)
    blind.__dict__ = learning.__dict__ | {"matters": tuple(replace(item, evidence={}) for item in learning.matters)}
    return blind


def measure(learning: Learning, way: Way, train: Rows, test: Rows, run: Run, *, seed: int) -> None:
    """Learn from `train` in one way and add what it answers for `test`."""
    learned = learning.learn(train, seed=seed, with_model=way != "rules")
    thresholds = {precision: threshold(learned.confidences, learned.right, precision) for precision in PRECISIONS}
    for row, chances in zip(test, learning.answers(learned.routing, test), strict=True):
        said = max(chances, key=lambda name: chances[name])
        truth = learning.matters[row].owner
        run.answers.truth.append(truth)
        run.answers.said.append(said)
        run.answers.confidence.append(chances[said])
        for precision, least in thresholds.items():
            run.answers.thresholds[precision].append(least)
        if truth != OUTSIDE:
            unit = max((name for name in chances if name != OUTSIDE), key=lambda name: chances[name])
            run.police.append(unit == truth)


def figures(run: Run) -> dict[str, float]:
    """Return the figures of a run.

    `accuracy_police`: police matters whose branch is right when a branch must be named; `accuracy_police_and_np`: the
    same where 'not a police matter' may be answered too.
    """
    pairs = [(t, s) for t, s in zip(run.answers.truth, run.answers.said, strict=True) if t != OUTSIDE]
    return run.answers.figures() | {
        "accuracy_police": float(np.mean(run.police)),
        "accuracy_police_and_np": float(np.mean([t == s for t, s in pairs])),
    }


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__ or "", "branch.csv")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    given = parser.parse_args()
    rules = router()
    rows = table(given.train, COLUMNS)
    tested = table(given.test, COLUMNS) if given.test else []
    learning = Learning(confirmed(rows + tested, rules), UNITS)
    for way in WAYS:
        seen, runs = without(learning, way), []
        if tested:
            run = Run(Answers.none(), [])
            measure(seen, way, np.arange(len(rows)), np.arange(len(rows), len(rows) + len(tested)), run, seed=0)
            runs.append(figures(run))
        else:
            for seed in range(QUICK_DIVISIONS if given.quick else DIVISIONS):
                run = Run(Answers.none(), [])
                for held in divided([row["group"] for row in rows], FOLDS, seed):
                    measure(seen, way, np.flatnonzero(~held), np.flatnonzero(held), run, seed=seed)
                runs.append(figures(run))
        spread = [one["accuracy"] for one in runs]
        say(
            bench="routing",
            way=way,
            measured="test" if tested else f"cross-validation, {FOLDS} folds by group",
            n=len(tested or rows),
            divisions=len(runs),
            **mean(runs),
            accuracy_lowest=round(min(spread), 3),
            accuracy_highest=round(max(spread), 3),
        )
    speed(learning, rules, rows)


def speed(learning: Learning, rules: Router, rows: list[dict[str, str]]) -> None:
    """Print how long one message takes, rules and model together, and how large the model is."""
    routing: Routing = learning.learn(np.arange(len(rows))).routing
    judge = LearnedRouter(rules, routing, UNITS)
    taken = []
    for row in rows[:200]:
        segment.cut.cache_clear()
        began = time.process_time()
        judge.route(row["title"], row["body"])
        taken.append((time.process_time() - began) * 1000)
    p50, p95 = np.percentile(taken, [50, 95])
    say(
        bench="routing",
        way="both",
        measured="processor time to judge one message",
        p50_ms=round(float(p50), 2),
        p95_ms=round(float(p95), 2),
        model_kilobytes=len(routing.to_bytes()) // 1024,
    )


if __name__ == "__main__":
    main()
