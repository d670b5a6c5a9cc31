from engine.casework.vocabulary import CONTACT_METHODS
from forms.contacts import METHODS


def test_contact_records_offer_what_the_record_of_a_contact_may_hold() -> None:
    assert {option.value: option.label for option in METHODS} == CONTACT_METHODS
