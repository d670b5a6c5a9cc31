"""Route a matter by preset rules and a learned model together, and say which words and rules decided.

The door for whoever keeps models: a `Routing` is what goes live as one version. `Routing.of_bytes` and `to_bytes` are
what a table of model versions stores; `routing_training.retrain` makes the next one from what staff confirmed.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rules.learning_blend import COLD, Blend
from rules.learning_bytes import ForeignModel, from_bytes, to_bytes
from rules.learning_features import Text
from rules.learning_model import Contribution, Reading, TextModel, ranked
from rules.matching import Span
from rules.routing import Router, Weighing
from rules.routing_verdict import MOST_ALTERNATIVES, OUTSIDE, Alternative, Reason, Verdict

# What one word of the model must add to the odds (logarithm) to be told as a reason.
TELLING = 0.05
MOST_TOLD = 6
CONFIDENT = 0.9


@dataclass(frozen=True, eq=False)
class Routing:
    """What was learned about routing: the model of texts, how it is blended with the rules, and from when it pushes.

    `threshold`: the confidence from which the chosen precision was kept on matters it had not seen.
    """

    model: TextModel | None = None
    blend: Blend = COLD
    threshold: float = CONFIDENT

    def to_bytes(self) -> bytes:
        """Return it as bytes. Raises ForeignModel where there is no model: a cold start needs no storing."""
        if self.model is None:
            raise ForeignModel("还没有训练过模型")
        facts = {**self.model.facts, "blend": list(self.blend.weights), "threshold": self.threshold}
        return to_bytes(replace(self.model, facts=facts))

    @classmethod
    def of_bytes(cls, content: bytes) -> "Routing":
        """Return what `to_bytes` wrote. Raises ForeignModel for anything else."""
        model = from_bytes(content)
        try:
            weights = tuple(float(weight) for weight in model.facts["blend"])  # type: ignore[attr-defined]
            threshold = float(model.facts["threshold"])  # type: ignore[arg-type]
        except (KeyError, TypeError, ValueError) as problem:
            raise ForeignModel("模型文件里没有推送门槛") from problem
        if len(weights) != len(COLD.weights):
            raise ForeignModel("模型文件里的权重数目不对")
        return cls(model, Blend(weights), threshold)


class LearnedRouter:
    """A router that asks rules and model; answers the same `Verdict` as the rules alone.

    `units`: who may be answered, the same as when it was trained; a label of the model that names none of them any
    more is never answered. OUTSIDE stands for: not a police matter.
    """

    def __init__(self, router: Router, routing: Routing, units: Sequence[str]) -> None:
        self._router = router
        self._routing = routing
        self._owners = (*sorted(set(units) - {OUTSIDE}), OUTSIDE)

    def route(
        self,
        title: str,
        body: str = "",
        place: str = "",
        channel: str = "",
        *,
        on: date | None = None,
        barred: Collection[str] = (),
    ) -> Verdict:
        """Route one message; arguments as `Router.route`.

        An accused unit is never answered, and what it would have had of the probability makes nobody else surer.
        Nothing is certain without a word that speaks for the owner, nor without anybody to send it to.
        """
        weighing = self._router.weigh(title, body, place, channel, on=on, barred=barred)
        reading = self._routing.model.read(Text(title, body)) if self._routing.model else None
        chances = self.probabilities(weighing, reading)
        order = [item for item in ranked(chances) if item[0] not in weighing.barred]
        owner, confidence = order[0]
        second = next((name for name, _ in order[1:] if reading and name in reading.model.labels), None)
        learned: list[Reason] = []
        if reading and second and owner in reading.model.labels:
            learned = told(title, body, owner, reading.explain(owner, second))
        spoken = bool(learned) or weighing.evidence.get(owner, 0) > 0
        verdict = self._router.conclude(weighing, owner, confidence if spoken else 0.0)
        sure = spoken and confidence >= self._routing.threshold
        reasons = [reason for reason in verdict.reasons if reason.effect != "none"] + learned
        return replace(
            verdict,
            certain=sure and bool(verdict.unit or verdict.agency),
            reasons=tuple(reasons) or verdict.reasons,
            alternatives=tuple(
                Alternative("" if name == OUTSIDE else name, _agency(weighing, name), round(chance, 3))
                for name, chance in order[1 : 1 + MOST_ALTERNATIVES]
            ),
        )

    def probabilities(self, weighing: Weighing, reading: Reading | None) -> dict[str, float]:
        """Return the probability of every owner; they add up to 1. `reading`: None where nothing was learned yet."""
        learned = reading.probabilities() if reading and reading.knows else None
        return self._routing.blend.probabilities(weighing.evidence, learned, self._owners, OUTSIDE)


def told(title: str, body: str, target: str, contributions: Sequence[Contribution]) -> list[Reason]:
    """Return the model's reasons by field: features that overlap are joined to the words as people read them."""
    spans: dict[str, list[Span]] = defaultdict(list)
    weights: dict[str, float] = defaultdict(float)
    for item in contributions:
        if item.weight >= TELLING:
            for field, start, end in item.places:
                spans[field].append((start, end))
            for field in {place[0] for place in item.places}:
                weights[field] += item.weight
    reasons = []
    for field, content in (("title", title), ("body", body)):
        joined = _joined(spans[field])[:MOST_TOLD]
        if joined:
            words = tuple(dict.fromkeys(content[start:end] for start, end in joined))
            reasons.append(Reason("", "learned", target, words, field, tuple(joined), round(weights[field], 2)))
    return reasons


def _joined(spans: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(set(spans)):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _agency(weighing: Weighing, name: str) -> str:
    return max(weighing.agencies, key=lambda agency: weighing.agencies[agency], default="") if name == OUTSIDE else ""
