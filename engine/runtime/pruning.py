"""Forgets what has finished, so that an instance costs the same on its hundredth round as on its first.

A finished token matters to nobody but two: the root every flow hangs on, and the split before an activity whose
boundary events still wait. Joins count for themselves who has arrived. A differential fuzz in the tests runs the
same processes pruned and unpruned and compares what waits after every step.
"""

from engine.runtime.specs import ActivitySplit
from engine.runtime.tokens import Flow, Scope, Token


def prune(flow: Flow) -> int:
    """Remove from an instance at rest all tokens that have finished; return how many went."""
    return sum(_prune(part) for part in flow.flows)


def _prune(flow: Scope) -> int:
    root = flow.task_tree
    root.stand_alone()
    before = len(flow.tasks)
    kept: dict[int, Token] = {root.id: root}
    for token in flow.unfinished():
        parent = token.parent
        if parent is None or not isinstance(parent.task_spec, ActivitySplit):
            parent = root
        elif parent.id not in kept:
            kept[parent.id] = parent
            parent.hang_on(root)
        token.hang_on(parent)
        kept[token.id] = token
    flow.tasks = kept
    return before - len(kept)
