"""Train a text model from labelled examples, and say what it answers for examples it was not trained on.

A linear support vector machine (scikit-learn, liblinear) over TF-IDF features; deterministic for a seed. Imported by
the training job and the benches only: judging needs none of this.
"""

import random
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.svm import LinearSVC

from rules.learning_features import BLOCKS, Text, features, places, shared
from rules.learning_model import Doubles, TextModel, softmax

SMOOTH = 0.05
LEAST_DOCUMENTS, MOST_FEATURES = 2, 80_000
INNER_FOLDS = 5
# The score of a label that a fold has no example of.
UNSEEN = -1.5
SHARPNESSES = np.geomspace(0.5, 12, 60)
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Example:
    """A text with the label that staff confirmed. Near-duplicates share a `group`, which is never divided."""

    text: Text
    label: str
    group: Hashable = None


@dataclass(frozen=True)
class Method:
    """How to train. `cost`: of an example on the wrong side · `leaned`: that of the second machine, 0 for none.

    The second machine sees features stretched by how much oftener they stand with a label than without it (Wang and
    Manning, Baselines and Bigrams, 2012), and the two are averaged: better where thousands of examples speak alone.
    """

    cost: float = 0.3
    leaned: float = 0.0


PLAIN, LEANING = Method(), Method(leaned=0.06)


class TooFewExamples(ValueError):  # noqa: N818 - what is wrong, in the words of the person who asked
    """There is nothing to tell apart: fewer than two labels."""


class Corpus:
    """Examples with their features counted once, for training on any part of them."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = tuple(examples)
        counted = [features(places(example.text)) for example in self.examples]
        self._terms = list(shared(counted, least=LEAST_DOCUMENTS, most=10 * MOST_FEATURES))
        self._columns = columns = {term: column for column, term in enumerate(self._terms)}
        kept = [[(columns[term], weight) for term, weight in one.items() if term in columns] for one in counted]
        ends = np.cumsum([0, *map(len, kept)])
        cells = [cell for row in kept for cell in row]
        self._counts = csr_matrix(
            (
                np.array([weight for _, weight in cells], dtype=np.float32),
                np.array([column for column, _ in cells], dtype=np.int32),
                ends,
            ),
            shape=(len(kept), len(self._terms)),
        )
        self._blocks = np.array([term[0] for term in self._terms], dtype="<U1")
        self.labels = np.array([example.label for example in self.examples])

    def train(self, rows: Rows, *, seed: int = 0, method: Method = PLAIN, sharpness: float = 1.0) -> TextModel:
        """Return the model of these examples; `sharpness` as `calibrated` finds it. Raises TooFewExamples."""
        labels = sorted(set(self.labels[rows].tolist()))
        if len(labels) < 2:  # noqa: PLR2004 - one label is no choice
            raise TooFewExamples("训练样本至少要有两种不同的标签")
        mine = self._counts[rows]
        documents = np.bincount(mine.indices, minlength=len(self._terms))
        order = np.lexsort((np.arange(len(documents)), -documents))[:MOST_FEATURES]
        columns = np.sort(order[documents[order] >= LEAST_DOCUMENTS])
        rarity = (np.log((1 + len(rows)) / (1 + documents[columns])) + 1).astype(np.float32)
        weights, bias = _fitted(self._normal(mine, columns, rarity), self.labels[rows], labels, method, seed)
        terms = tuple(self._terms[column] for column in columns)
        facts = {"examples": len(rows), "seed": seed, **asdict(method)}
        return TextModel(
            tuple(labels), terms, rarity, weights.astype(np.float32), bias.astype(np.float32), sharpness, facts
        )

    def scores(self, model: TextModel, rows: Rows, labels: Sequence[str]) -> Doubles:
        """Return the model's score of these examples for each of `labels`: `model.read(…).scores()` for all at once."""
        if all(term in self._columns for term in model.terms):
            columns = np.array([self._columns[term] for term in model.terms], dtype=np.intp)
            matrix = self._normal(self._counts[rows], columns, model.rarity)
            said = np.asarray(matrix @ model.weights.T + model.bias, dtype=np.float64)
        else:
            # A model of other texts knows features that were too rare here to be counted.
            said = np.stack([model.read(self.examples[row].text).scores() for row in rows])
        row = {label: number for number, label in enumerate(model.labels)}
        missing = np.full(len(rows), UNSEEN)
        return np.stack([said[:, row[label]] if label in row else missing for label in labels], axis=1)

    def out_of_fold(self, rows: Rows, labels: Sequence[str], *, seed: int = 0, method: Method = PLAIN) -> Doubles:
        """Return the score of every example for `labels` by a model that saw neither it nor its group."""
        found = np.full((len(rows), len(labels)), UNSEEN)
        groups = [self.examples[row].group if self.examples[row].group is not None else int(row) for row in rows]
        for held in divided(groups, INNER_FOLDS, seed):
            rest = rows[~held]
            if held.any() and len(set(self.labels[rest].tolist())) > 1:
                found[held] = self.scores(self.train(rest, seed=seed, method=method), rows[held], labels)
        return found

    def _normal(self, counts: csr_matrix, columns: Rows, rarity: NDArray[np.float32]) -> csr_matrix:
        weighed = counts[:, columns].multiply(rarity[np.newaxis, :]).tocsr()
        parts = []
        # Features are sorted, so a block's columns stand together and their order stays.
        for block in sorted(BLOCKS):
            part = weighed[:, np.flatnonzero(self._blocks[columns] == block)]
            length = np.sqrt(np.asarray(part.multiply(part).sum(axis=1)).ravel())
            parts.append(diags(1 / np.where(length > 0, length, 1)) @ part)
        return csr_matrix(hstack(parts))


def _fitted(
    matrix: csr_matrix, truth: NDArray[np.str_], labels: Sequence[str], method: Method, seed: int
) -> tuple[Doubles, Doubles]:
    """Return weights and biases of every label against all others."""
    weights, bias = [], []
    for label in labels:
        mine = truth == label
        line, start = _machine(matrix, mine, method.cost, seed)
        if method.leaned:
            stretch = _stretch(matrix, mine)
            leaned, leaned_start = _machine(matrix @ diags(stretch), mine, method.leaned, seed)
            line, start = (line + leaned * stretch) / 2, (start + leaned_start) / 2
        weights.append(line)
        bias.append(start)
    return np.stack(weights), np.array(bias)


def _machine(matrix: csr_matrix, mine: NDArray[np.bool_], cost: float, seed: int) -> tuple[Doubles, float]:
    machine = LinearSVC(C=cost, random_state=seed, max_iter=5000)
    machine.fit(matrix, mine)
    return machine.coef_[0], float(machine.intercept_[0])


def _stretch(matrix: csr_matrix, mine: NDArray[np.bool_]) -> Doubles:
    """Return for every feature the root of how far its share with the label and without it lie apart, 1 on average."""
    inside = np.asarray(matrix[mine].sum(axis=0)).ravel() + SMOOTH
    outside = np.asarray(matrix[~mine].sum(axis=0)).ravel() + SMOOTH
    ratio = np.abs(np.log((inside / inside.sum()) / (outside / outside.sum())))
    return np.asarray(np.sqrt(ratio / ratio.mean()))


def train(examples: Sequence[Example], *, seed: int = 0, method: Method = PLAIN) -> TextModel:
    """Train on all examples, with calibrated probabilities. Raises TooFewExamples."""
    corpus = Corpus(examples)
    rows = np.arange(len(corpus.examples))
    labels = sorted(set(corpus.labels.tolist()))
    sharpness = calibrated(corpus.out_of_fold(rows, labels, seed=seed, method=method), corpus.labels, labels)
    return corpus.train(rows, seed=seed, method=method, sharpness=sharpness)


def calibrated(scores: Doubles, truth: NDArray[np.str_], labels: Sequence[str]) -> float:
    """Return the sharpness under which scores that a model gave to unseen examples are likeliest (temperature scaling).

    Source: Guo et al., On Calibration of Modern Neural Networks, 2017, section 4.2.
    """
    place = {label: column for column, label in enumerate(labels)}
    right = np.array([place[label] for label in truth])
    chances = [softmax(scores * sharpness)[np.arange(len(right)), right] for sharpness in SHARPNESSES]
    return float(SHARPNESSES[int(np.argmax([np.log(np.maximum(chance, 1e-12)).mean() for chance in chances]))])


def divided(groups: Sequence[Hashable], folds: int, seed: int) -> list[NDArray[np.bool_]]:
    """Divide examples into folds that keep every group whole; returns for each fold which examples it holds back."""
    names = sorted(set(groups), key=repr)
    random.Random(seed).shuffle(names)  # noqa: S311 - a division that can be repeated, no secret
    fold = {name: number % folds for number, name in enumerate(names)}
    mine = np.array([fold[group] for group in groups])
    return [mine == number for number in range(folds)]
