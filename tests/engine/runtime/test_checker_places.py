"""In sub-processes, called processes, multiple instances and loops, exactly what is wrong is said."""

import pytest

from engine.runtime.checker import check_and_try
from tests.engine.runtime.checker_cases.place import Place
from tests.engine.runtime.checker_cases.places_data import DATA_PLACES
from tests.engine.runtime.checker_cases.places_flow import FLOW_PLACES
from tests.engine.runtime.checker_diagrams import FORM, bpmn


@pytest.mark.parametrize("place", [*FLOW_PLACES, *DATA_PLACES], ids=lambda place: place.name)
def test_exactly_what_is_wrong_is_said(place: Place) -> None:
    forms = {f"forms/{key}.form": FORM for key in ("a", "b", "c")}
    files = {**forms, **place.files, "processes/p.bpmn": bpmn(place.body, outside=place.outside)}
    problems = check_and_try(files, place.known)
    assert {(problem.code, problem.element_id) for problem in problems} == place.said
