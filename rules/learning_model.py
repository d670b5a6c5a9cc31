"""A learned model of texts: which of its labels a text belongs to, how sure that is, and which words say so.

Linear over TF-IDF features, so that every answer is a sum over features and can be told. Judging needs numpy alone; the
model is plain data (`learning_bytes` stores it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rules.learning_features import Place, Text, features, places

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Contribution:
    """A feature that speaks for a label, where it stands, and by how much (logarithm of odds)."""

    feature: str
    places: tuple[Place, ...]
    weight: float


@dataclass(frozen=True, eq=False)
class TextModel:
    """A trained model. Equal bytes mean an equal model; `version` is derived from its content when it is stored.

    `terms`: the features in the order of the columns · `rarity`: inverse document frequency of each ·
    `weights`: labels by features · `bias`: one of each label · `sharpness`: what a score is multiplied by to become
    a logarithm of odds, fitted on examples the model was not trained on.
    """

    labels: tuple[str, ...]
    terms: tuple[str, ...]
    rarity: Floats
    weights: Floats
    bias: Floats
    sharpness: float
    facts: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def columns(self) -> dict[str, int]:
        """The column of every feature."""
        return {term: column for column, term in enumerate(self.terms)}

    def read(self, text: Text) -> "Reading":
        """Return the text as the model sees it."""
        found = places(text)
        weighed = [
            (self.columns[name], weight, name[0]) for name, weight in features(found).items() if name in self.columns
        ]
        columns = np.array([column for column, _, _ in weighed], dtype=np.intp)
        values = np.array([weight for _, weight, _ in weighed], dtype=np.float32) * self.rarity[columns]
        blocks = np.array([block for _, _, block in weighed], dtype="<U1")
        for block in set(blocks.tolist()):
            mine = blocks == block
            values[mine] /= np.linalg.norm(values[mine])
        return Reading(self, found, columns, values)


@dataclass(frozen=True, eq=False)
class Reading:
    """A text as a model sees it: the columns of the features it knows, and their values, every block of length 1."""

    model: TextModel
    found: Mapping[str, Sequence[Place]]
    columns: NDArray[np.intp]
    values: Floats

    @property
    def knows(self) -> bool:
        """Whether any feature is known: without one an answer would be a guess."""
        return len(self.columns) > 0

    def scores(self) -> Doubles:
        """Return the score of every label, in their order."""
        said = self.model.weights[:, self.columns] @ self.values + self.model.bias
        return np.asarray(said, dtype=np.float64)

    def probabilities(self) -> dict[str, float]:
        """Return the probability of every label; they add up to 1."""
        chances = softmax(self.scores() * self.model.sharpness)
        return dict(zip(self.model.labels, chances.tolist(), strict=True))

    def explain(self, label: str, against: str, *, most: int = 8) -> list[Contribution]:
        """Return what speaks most for `label` and not for `against`, the strongest first, with the places in the text.

        Raises ValueError for a label that the model does not know.
        """
        model = self.model
        mine, theirs = model.labels.index(label), model.labels.index(against)
        parts = model.weights[mine, self.columns] - model.weights[theirs, self.columns]
        parts = parts * self.values * model.sharpness
        chosen = [(model.terms[self.columns[at]], float(parts[at])) for at in np.argsort(-parts, kind="stable")[:most]]
        return [Contribution(name, tuple(self.found[name]), weight) for name, weight in chosen if weight > 0]


def softmax(scores: Doubles) -> Doubles:
    """Turn logarithms of odds into probabilities along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float64)


def ranked(probabilities: Mapping[str, float]) -> Sequence[tuple[str, float]]:
    """Return the labels by probability, the likeliest first; equals by name."""
    return sorted(probabilities.items(), key=lambda item: (-item[1], item[0]))
