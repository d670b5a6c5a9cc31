"""Every sentence of the checker, by code: what is wrong and what to do, in Chinese and English."""

from typing import Final

from engine.runtime.checker.sentences.decisions import DECISIONS
from engine.runtime.checker.sentences.entry import Entry
from engine.runtime.checker.sentences.events import EVENTS
from engine.runtime.checker.sentences.files import FILES, REFERENCES
from engine.runtime.checker.sentences.flow import STRUCTURE
from engine.runtime.checker.sentences.formulas import FORMULAS
from engine.runtime.checker.sentences.tasks import ELEMENTS, TASKS

CATALOGUE: Final[dict[str, Entry]] = {
    **FILES,
    **REFERENCES,
    **STRUCTURE,
    **ELEMENTS,
    **TASKS,
    **EVENTS,
    **FORMULAS,
    **DECISIONS,
}
