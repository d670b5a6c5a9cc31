"""What is said about the rules of decision tables."""

from typing import Final

from engine.runtime.checker.sentences.entry import Entry

# A sentence and its translation are easier to compare unwrapped.
# fmt: off
DECISIONS: Final[dict[str, Entry]] = {
    "decision-gap": (
        "W", "决策“{decision}”对有的输入没有规则，例如 {example}",
        "the decision {decision} has no rule for some input, such as {example}",
        "加一条所有输入都写“-”的规则放在最后，或填写默认输出。",
        "Add a last rule with - in all inputs, or fill in default outputs.",
    ),
    "decision-overlap": (
        "W", "决策“{decision}”只许命中一条规则，第 {one} 条和第 {other} 条却能同时命中，例如 {example}",
        "the decision {decision} may hit one rule only, but rules {one} and {other} both hit {example}",
        "改正其中一条，或把命中策略改为 FIRST。", "Change one of them, or make the hit policy FIRST.",
    ),
    "decision-disagree": (
        "W", "决策“{decision}”的第 {one} 条和第 {other} 条规则能同时命中（例如 {example}），结果却不同",
        "rules {one} and {other} of the decision {decision} both hit {example} with different outputs",
        "让它们的输出相同，或把命中策略改为 FIRST。", "Give them the same outputs, or make the hit policy FIRST.",
    ),
    "rule-never-hit": (
        "W", "决策“{decision}”的第 {rule} 条规则永远轮不到：前面的规则已经全部命中",
        "rule {rule} of the decision {decision} never comes into play: the rules before it hit first",
        "把它移到前面，或删除它。", "Move it up or remove it.",
    ),
}
