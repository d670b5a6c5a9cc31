"""调查: the handler speaks with the petitioner and establishes what happened."""

from engine.casework.actions.contacts import keep_contacts
from engine.casework.actions.step import Step


def investigate(step: Step) -> None:
    """Store the contact records; the facts themselves are kept in the history."""
    step.need("facts", "请写明调查情况。")
    step.choice("finding", "true", "partly", "untrue", "not_applicable")
    step.check()
    keep_contacts(step)
    step.event = "investigated"
