"""Input that is wrong: told in a few sentences, however much of it there is."""

import pytest
from marshmallow import fields

from chassis.errors import Invalid
from chassis.fields import ANY_DAY, Moment
from chassis.schemas import MAX_NAME, MAX_WRONG, Accepted, loaded


class Many(Accepted):
    """Accept texts and an instant and a day."""

    words = fields.List(fields.Str())
    at = Moment()
    day = fields.Date(validate=ANY_DAY)


def test_a_long_list_of_wrong_things_is_told_shortly() -> None:
    with pytest.raises(Invalid) as refused:
        loaded(Many(), {"words": list(range(3_000)), "x" * 5_000: 1})

    assert len(refused.value.detail["fields"]["words"]) == MAX_WRONG
    assert len(refused.value.message) < 2_000 + MAX_NAME


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_beyond_the_calendar_is_none(at: str) -> None:
    with pytest.raises(Invalid) as refused:
        loaded(Many(), {"at": at})

    assert refused.value.code == "invalid.fields"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_without_a_midnight_before_or_after_it_is_none(day: str) -> None:
    with pytest.raises(Invalid):
        loaded(Many(), {"day": day})
