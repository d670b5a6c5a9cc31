"""What the benches of judgement share: tables given by path, the shared material as default, and the figures."""

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
PRECISIONS = (0.95, 0.98)


def arguments(description: str, name: str) -> argparse.ArgumentParser:
    """Return a parser with `--train`, `--test` and `--quick`; the table `name` beside the repository is the default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--train", type=Path, default=SHARED / name, help="labelled table to learn from (CSV)")
    parser.add_argument("--test", type=Path, help="labelled table to measure on; without it: cross-validation by group")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, under 50 seconds")
    return parser


def table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read a CSV table with a header; ends the program with one line when it is not there or lacks a column."""
    csv.field_size_limit(1 << 30)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeError, csv.Error) as problem:
        sys.exit(f"cannot read {path}: {problem}")
    missing = [column for column in columns if not rows or column not in rows[0]]
    if missing:
        sys.exit(f"{path} has no rows or lacks the columns {', '.join(missing)}")
    return rows


@dataclass
class Answers:
    """What a judge answered for a number of matters: the label, how sure, and from when it would have pushed."""

    truth: list[str]
    said: list[str]
    confidence: list[float]
    thresholds: dict[float, list[float]]

    @classmethod
    def none(cls) -> "Answers":
        """Return the beginning of a list of answers."""
        return cls([], [], [], {precision: [] for precision in PRECISIONS})

    def figures(self) -> dict[str, float]:
        """Return accuracy, macro-F1, and for each precision what was pushed and how much of that was right."""
        right = np.array([said == truth for said, truth in zip(self.said, self.truth, strict=True)])
        figures = {"accuracy": float(right.mean()), "macro_f1": macro_f1(self.truth, self.said)}
        for precision, thresholds in self.thresholds.items():
            pushed = np.array(self.confidence) >= np.array(thresholds)
            name = f"{precision:.0%}".rstrip("%")
            figures[f"coverage_at_{name}"] = float(pushed.mean())
            figures[f"precision_at_{name}"] = float(right[pushed].mean()) if pushed.any() else 1.0
        return figures


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """Return the mean over the true labels of the harmonic mean of precision and recall."""
    pairs = list(zip(truth, said, strict=True))
    scores = []
    for label in sorted(set(truth)):
        hits = sum(right == label == answer for right, answer in pairs)
        named = sum((right == label) + (answer == label) for right, answer in pairs)
        scores.append(2 * hits / named)
    return float(np.mean(scores))


def mean(figures: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the mean of every figure, three digits."""
    return {name: round(float(np.mean([one[name] for one in figures])), 3) for name in figures[0]}


def say(**figures: object) -> None:
    """Print one JSON object on a line of its own."""
    print(json.dumps(figures, ensure_ascii=False), flush=True)
