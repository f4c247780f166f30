"""Input that is wrong: told in a few sentences, however much of it there is."""

import pytest
from marshmallow import fields

from chassis.caller import Caller, as_service
from chassis.errors import Invalid
from chassis.fields import ANY_DAY, Moment
from chassis.schemas import MAX_NAME, MAX_WRONG, Accepted, Shown, dumped, guarded, loaded, needs


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


class Reached(Shown):
    """Show somebody, and how that one is reached."""

    name = fields.Str()
    mail = fields.Str(metadata=guarded("customer.reach"))


class Card(Shown):
    """Show several, one in each place where one can stand."""

    first = fields.Nested(Reached)
    others = fields.List(fields.Nested(Reached))


ANN, BOB = {"name": "Ann", "mail": "ann@lee.org"}, {"name": "Bob", "mail": "bob@lee.org"}
REP, ANALYST = (Caller("person:1", roles=(role,)) for role in ("rep", "data_analyst"))


class TestGuardedField:
    def test_is_shown_to_whoever_may_see_it(self) -> None:
        shown = dumped(Reached(), ANN, REP)

        assert shown == {"name": "Ann", "mail": "ann@lee.org"}

    def test_is_left_out_and_named_for_everybody_else(self) -> None:
        shown = dumped(Reached(), [ANN, BOB], ANALYST, many=True)

        assert shown == [
            {"name": "Ann", "withheld": ["mail"]},
            {"name": "Bob", "withheld": ["mail"]},
        ]

    def test_is_found_wherever_it_is_nested(self) -> None:
        shown = dumped(Card(), {"first": None, "others": [ANN, BOB]}, ANALYST)

        assert shown == {
            "first": None,
            "others": [
                {"name": "Ann", "withheld": ["mail"]},
                {"name": "Bob", "withheld": ["mail"]},
            ],
        }

    def test_is_shown_to_a_service(self) -> None:
        assert dumped(Reached(), ANN, as_service("telephony")) == ANN

    def test_is_listed_by_its_path(self) -> None:
        assert needs(Card()) == {
            "first.mail": "customer.reach",
            "others.mail": "customer.reach",
        }
