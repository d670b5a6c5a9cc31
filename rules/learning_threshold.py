"""From which confidence on a matter may go without a hand, so that a wanted share of them is right."""

from collections.abc import Sequence

import numpy as np

# A threshold is never set on fewer matters than this: their precision would be chance.
FEWEST = 20
# Standard deviations to the lower end of the 70 % interval, one-sided.
DOUBT = 0.52
NEVER = 2.0
"""A confidence that nothing has: nothing goes without a hand."""


def threshold(confidences: Sequence[float], right: Sequence[bool], precision: float, *, fewest: int = FEWEST) -> float:
    """Return the lowest confidence at and above which at least `precision` (0 to 1) of these matters are right.

    One error more than was seen is counted, as the next matter's might be (rule of succession), and the precision must
    hold at the lower end of its 70 % interval: of few matters the best threshold looks better than it is. NEVER when no
    threshold keeps the promise. Give confidences from models that had not seen the matters, or it flatters.
    """
    if not confidences:
        return NEVER
    order = np.argsort(-np.asarray(confidences), kind="stable")
    sorted_ = np.asarray(confidences, dtype=float)[order]
    hits = np.cumsum(np.asarray(right, dtype=float)[order])
    counted = np.arange(1, len(order) + 1)
    # Matters of equal confidence go together.
    last = np.append(sorted_[1:] < sorted_[:-1], True)
    share = hits / (counted + 1)
    least = share - DOUBT * np.sqrt(share * (1 - share) / counted)
    good = np.flatnonzero((least >= precision) & last & (counted >= fewest))
    return float(sorted_[good[-1]]) if len(good) else NEVER
