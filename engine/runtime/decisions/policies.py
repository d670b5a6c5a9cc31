"""The hit policies of decision tables (OMG DMN 1.3, clause 8.2.10): from the rules that hit to the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from engine.runtime.decisions.errors import DecisionError
from engine.runtime.expressions import ExpressionError
from engine.runtime.expressions.values import equal, ordered


class Policy(Enum):
    """How several hits become one result; the value is what stands in the file, aggregation included."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    ANY = "ANY"
    PRIORITY = "PRIORITY"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"
    COLLECT = "COLLECT"
    COLLECT_SUM = "COLLECT SUM"
    COLLECT_MIN = "COLLECT MIN"
    COLLECT_MAX = "COLLECT MAX"
    COLLECT_COUNT = "COLLECT COUNT"

    @property
    def many(self) -> bool:
        """Whether the result is a list of records."""
        return self in (Policy.RULE_ORDER, Policy.OUTPUT_ORDER, Policy.COLLECT)

    @property
    def aggregates(self) -> bool:
        """Whether the result is one number."""
        return self.value.startswith("COLLECT ")


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that hit: its number from 1 and its outputs."""

    number: int
    outputs: dict[str, Any]


def combine(policy: Policy, hits: Sequence[Hit], ranked: Sequence[Sequence[Any]]) -> Any:
    """Apply the policy to the hits, at least one, in rule order; `ranked` gives each output's values, best first.

    Raises DecisionError when UNIQUE or ANY is violated or what is aggregated is no number (for MIN and MAX: has no
    order).
    """
    if policy is Policy.COLLECT_COUNT:
        return len(hits)
    if policy.aggregates:
        return _aggregate(policy, hits)
    if policy in (Policy.PRIORITY, Policy.OUTPUT_ORDER):
        hits = sorted(hits, key=lambda hit: _rank(hit, ranked))
    if policy.many:
        return [hit.outputs for hit in hits]
    if policy is Policy.UNIQUE and len(hits) > 1:
        raise DecisionError(
            f"只应有一条规则命中，却命中了第 {_numbers(hits)} 条", f"rules {_numbers(hits)} hit, only one may (UNIQUE)"
        )
    if policy is Policy.ANY and any(not equal(hit.outputs, hits[0].outputs) for hit in hits[1:]):
        raise DecisionError(
            f"命中的第 {_numbers(hits)} 条规则结果不一致", f"rules {_numbers(hits)} hit with different outputs (ANY)"
        )
    return hits[0].outputs


def _numbers(hits: Sequence[Hit]) -> str:
    return "、".join(str(hit.number) for hit in hits)


def _rank(hit: Hit, ranked: Sequence[Sequence[Any]]) -> tuple[int, ...]:
    ranks: list[int] = []
    for value, order in zip(hit.outputs.values(), ranked, strict=True):
        # A value outside the order comes after all that stand in it.
        ranks.append(next((rank for rank, each in enumerate(order) if equal(value, each)), len(order)))
    return tuple(ranks)


def _aggregate(policy: Policy, hits: Sequence[Hit]) -> Any:
    values = [next(iter(hit.outputs.values())) for hit in hits]
    if policy is Policy.COLLECT_SUM:
        for hit, value in zip(hits, values, strict=True):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise DecisionError(
                    f"第 {hit.number} 条规则的输出不是数字，不能汇总", f"rule {hit.number}: the output is no number"
                )
        return sum(values)
    best = values[0]
    for hit, value in zip(hits, values, strict=True):
        try:
            # The first is compared with itself, so that one hit alone must have an order too.
            if ordered(value, best, "<" if policy is Policy.COLLECT_MIN else ">"):
                best = value
        except ExpressionError as error:
            raise DecisionError(
                f"第 {hit.number} 条规则的输出不能比较大小，不能汇总（{error}）",
                f"rule {hit.number}: the output has no order ({error.english})",
            ) from error
    return best
