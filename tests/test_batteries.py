import pytest

from tests.batteries import share

THINGS = list(range(10))


@pytest.mark.parametrize("first", [0, 5])
def test_seats_in_a_row_see_everything_once(first: int) -> None:
    seen = [thing for seat in range(first, first + 3) for thing in share(THINGS, seat, of=3, full=False)]
    assert sorted(seen) == THINGS


def test_in_the_full_form_every_seat_sees_everything() -> None:
    assert share(THINGS, 1, of=3, full=True) == THINGS


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(AssertionError):
        share(THINGS[:1], 1, of=3, full=False)
