"""Bench: which of several topics a message is about, learned from labelled messages alone.

Without `--test` it cross-validates over the folds of the table (which keep groups whole). The threshold for a fold is
chosen on the other folds, whose answers come from models that had not seen them. With `--stream` messages arrive one by
one, staff say the right topic of each, and the model is trained anew from time to time. Where the table has a column
`time` they arrive in its order, else in an order drawn by the group: the table itself is sorted by topic.
"""

import argparse
import random

import numpy as np

from bench.judging import PRECISIONS, Answers, arguments, say, table
from rules.learning_features import Text
from rules.learning_model import Doubles, softmax
from rules.learning_threshold import threshold
from rules.learning_training import LEANING, Corpus, Example, Rows, calibrated

COLUMNS = ("label", "group", "tokens", "text")
# The table has no titles of their own; a message begins with it.
TITLE = 30
FIRST, EVERY, QUICK_EVERY = 200, 200, 800
AUTOMATION, PRECISION, WINDOW = 0.77, 0.95, 500


def corpus(rows: list[dict[str, str]]) -> Corpus:
    """Return the rows as examples, with the words as the table segmented them."""
    return Corpus(
        [
            Example(Text(row["text"][:TITLE], row["text"], tuple(row["tokens"].split())), row["label"], row["group"])
            for row in rows
        ]
    )


def judged(scores: Doubles, labels: list[str], sharpness: float) -> tuple[list[str], Doubles]:
    """Return for each row of scores the likeliest label and its probability."""
    chances = softmax(scores * sharpness)
    return [labels[place] for place in chances.argmax(axis=1)], chances.max(axis=1)


def crossed(seen: Corpus, folds: list[str], labels: list[str], *, quick: bool) -> Answers:
    """Return the answers of cross-validation over the given folds, or over the first three of them."""
    where = np.array(folds)
    scores = np.zeros((len(where), len(labels)))
    asked = sorted(set(folds))[: 3 if quick else None]
    for fold in asked:
        held = where == fold
        scores[held] = seen.scores(seen.train(np.flatnonzero(~held), method=LEANING), np.flatnonzero(held), labels)
    answers = Answers.none()
    for fold in asked:
        held = np.flatnonzero(where == fold)
        others = np.flatnonzero(np.isin(where, asked) & (where != fold))
        add(answers, seen, scores, labels, known=others, new=held)
    return answers


def tested(seen: Corpus, train: Rows, test: Rows, labels: list[str]) -> Answers:
    """Return the answers for `test` of a model of `train`; its threshold comes from within `train`."""
    scores = np.zeros((len(seen.examples), len(labels)))
    scores[train] = seen.out_of_fold(train, labels, method=LEANING)
    scores[test] = seen.scores(seen.train(train, method=LEANING), test, labels)
    answers = Answers.none()
    add(answers, seen, scores, labels, known=train, new=test)
    return answers


def add(answers: Answers, seen: Corpus, scores: Doubles, labels: list[str], *, known: Rows, new: Rows) -> None:
    """Add the answers for `new`, calibrated and with thresholds from the unseen answers for `known`."""
    sharpness = calibrated(scores[known], seen.labels[known], labels)
    before, sure = judged(scores[known], labels, sharpness)
    right = [said == truth for said, truth in zip(before, seen.labels[known], strict=True)]
    said, confidence = judged(scores[new], labels, sharpness)
    answers.truth += seen.labels[new].tolist()
    answers.said += said
    answers.confidence += confidence.tolist()
    for precision in PRECISIONS:
        answers.thresholds[precision] += [threshold(sure.tolist(), right, precision)] * len(new)


def stream(seen: Corpus, order: Rows, labels: list[str], every: int) -> None:
    """Let messages arrive; print how many are pushed, how many of these are right, and when the goal is reached."""
    pushed: list[bool] = []
    right: list[bool] = []
    reached = None
    for start in range(FIRST, len(order), every):
        known, new = order[:start], order[start : start + every]
        scores = np.zeros((len(seen.examples), len(labels)))
        scores[known] = seen.out_of_fold(known, labels, method=LEANING)
        scores[new] = seen.scores(seen.train(known, method=LEANING), new, labels)
        answers = Answers.none()
        add(answers, seen, scores, labels, known=known, new=new)
        pushed += [sure >= least for sure, least in zip(answers.confidence, answers.thresholds[PRECISION], strict=True)]
        right += [said == truth for said, truth in zip(answers.said, answers.truth, strict=True)]
        recent = np.array(pushed[-WINDOW:])
        hits = np.array(right[-WINDOW:])[recent]
        kept = len(hits) > 0 and hits.mean() >= PRECISION
        if reached is None and recent.mean() >= AUTOMATION and kept:
            reached = start
        say(
            bench="topics",
            measured="stream",
            labels=int(start),
            automation_recent=round(float(recent.mean()), 3),
            precision_recent=round(float(hits.mean()), 3) if len(hits) else 1.0,
        )
    automatic = np.array(pushed)
    say(
        bench="topics",
        measured="stream, all of it",
        n=len(order),
        automation=round(float(automatic.mean()), 3),
        precision=round(float(np.array(right)[automatic].mean()), 3),
        labels_until_goal=reached,
        goal=AUTOMATION,
    )


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__ or "", "topics.csv")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--stream", action="store_true", help="let the messages arrive one by one and learn from staff")
    given = parser.parse_args()
    rows = table(given.train, COLUMNS if given.test or given.stream else (*COLUMNS, "fold"))
    others = table(given.test, COLUMNS) if given.test else []
    seen = corpus(rows + others)
    labels = sorted(set(seen.labels.tolist()))
    if given.stream:
        stream(seen, arrival(rows), labels, QUICK_EVERY if given.quick else EVERY)
        return
    if others:
        answers = tested(seen, np.arange(len(rows)), np.arange(len(rows), len(seen.examples)), labels)
    else:
        answers = crossed(seen, [row["fold"] for row in rows], labels, quick=given.quick)
    figures = {name: round(value, 3) for name, value in answers.figures().items()}
    say(bench="topics", measured="test" if others else "cross-validation", n=len(answers.truth), **figures)


def arrival(rows: list[dict[str, str]]) -> Rows:
    """Return the rows in the order in which they arrive."""
    if "time" in rows[0]:
        return np.array(sorted(range(len(rows)), key=lambda row: rows[row]["time"]))
    order = list(range(len(rows)))
    random.Random(0).shuffle(order)  # noqa: S311 - the same order in every run
    return np.array(order)


if __name__ == "__main__":
    main()
