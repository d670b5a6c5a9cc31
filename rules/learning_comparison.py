"""Is a newly trained model fit to take the place of the current one? Asked on matters that neither was trained on."""

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

ONE_IN = 8
"""One group in so many is held back from every training, always the same ones, so that models can be compared."""
FEWEST = 40
SIGNIFICANT = 0.05
MARGIN = 0.005
REPLICAS = 2000


@dataclass(frozen=True)
class Comparison:
    """Two models on the same `count` matters.

    `current` and `candidate`: share right · `gained`, `lost`: matters that only the candidate, only the current one
    got right · `chance_of_loss`: of losing so many or more of them were both equally good (exact one-sided McNemar) ·
    `low`, `high`: 95 % interval of the difference (bootstrap over groups) · `why`: "" or what speaks against it.
    """

    count: int
    current: float
    candidate: float
    gained: int
    lost: int
    chance_of_loss: float
    low: float
    high: float
    why: str

    @property
    def not_worse(self) -> bool:
        """May the candidate go live? Not with fewer than FEWEST matters, nor when it is worse.

        Worse is: significantly (McNemar), or by more than MARGIN whatever the test says.
        """
        return not self.why


def is_held_back(group: Hashable) -> bool:
    """Tell whether a group is kept for comparing; the same answer on every machine, for ever."""
    digest = hashlib.sha256(str(group).encode()).digest()
    return int.from_bytes(digest[:4], "big") % ONE_IN == 0


def compare(
    truth: Sequence[str],
    current: Sequence[str],
    candidate: Sequence[str],
    groups: Sequence[Hashable],
    *,
    seed: int = 0,
) -> Comparison:
    """Compare what two models said of the same matters, none of which either was trained on."""
    before = np.array([said == right for said, right in zip(current, truth, strict=True)], dtype=float)
    after = np.array([said == right for said, right in zip(candidate, truth, strict=True)], dtype=float)
    count = len(truth)
    if count == 0:
        return Comparison(0, 0.0, 0.0, 0, 0, 1.0, 0.0, 0.0, "没有可以比较的事项")
    gained, lost = int((after > before).sum()), int((before > after).sum())
    chance = sum(comb(gained + lost, number) for number in range(lost, gained + lost + 1)) / 2 ** (gained + lost)
    low, high = _interval(after - before, groups, seed)
    why = ""
    if count < FEWEST:
        why = f"留作比较的事项只有{count}件，至少要{FEWEST}件"
    elif chance < SIGNIFICANT and lost > gained:
        why = f"判错了原来判对的{lost}件，只改对{gained}件"
    elif after.mean() < before.mean() - MARGIN:
        why = f"正确率由{before.mean():.1%}降到{after.mean():.1%}"
    return Comparison(count, float(before.mean()), float(after.mean()), gained, lost, chance, low, high, why)


def _interval(differences: np.typing.NDArray[np.float64], groups: Sequence[Hashable], seed: int) -> tuple[float, float]:
    names = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    mine = np.array([names[group] for group in groups])
    sums = np.bincount(mine, weights=differences)
    sizes = np.bincount(mine)
    drawn = np.random.default_rng(seed).integers(0, len(sums), (REPLICAS, len(sums)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
