from typing import get_args

import pytest

from engine.casework.recording import NAMED, SILENT
from engine.casework.vocabulary import CONTACT_METHODS
from engine.runtime.protocol import EventKind
from forms.contacts import METHODS
from webapp.vocabulary import EVENTS


def test_contact_records_offer_what_the_record_of_a_contact_may_hold() -> None:
    assert {option.value: option.label for option in METHODS} == CONTACT_METHODS


@pytest.mark.parametrize("kind", sorted(set(get_args(EventKind)) - SILENT))
def test_everything_the_runtime_notes_has_a_name_in_history(kind: str) -> None:
    assert NAMED.get(kind, kind) in EVENTS
