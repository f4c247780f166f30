import pytest

from services.accounts.domain.customers import (
    Details,
    changed,
    columns,
    is_day,
    merged,
)


def some_details(**facts: object) -> Details:
    return Details(**{"name": "Ann Lee"} | facts)


class TestMerged:
    def test_empty_says_nothing(self) -> None:
        known = some_details(email="ann@acme.com", city="Boston")

        assert merged(known, some_details(city="Austin")).email == "ann@acme.com"

    def test_told_beats_derived(self) -> None:
        known = some_details(email="guess@example.com", derived=("email",))

        found = merged(known, some_details(email="ann@acme.com"))

        assert (found.email, found.derived) == ("ann@acme.com", ())

    def test_derived_does_not_beat_told(self) -> None:
        known = some_details(email="ann@acme.com")

        found = merged(known, some_details(email="guess@example.com", derived=("email",)))

        assert (found.email, found.derived) == ("ann@acme.com", ())

    def test_derived_fills_a_gap_and_says_so(self) -> None:
        found = merged(some_details(), some_details(email="guess@example.com", derived=("email",)))

        assert (found.email, found.derived) == ("guess@example.com", ("email",))

    def test_keys_of_other_systems_are_joined(self) -> None:
        known = some_details(external_ids={"erp": "A1"})

        found = merged(known, some_details(external_ids={"shop": "7"}))

        assert found.external_ids == {"erp": "A1", "shop": "7"}


def test_what_is_told_is_no_longer_derived() -> None:
    known = some_details(
        email="guess@example.com", phone="+12125550123", derived=("email", "phone")
    )

    found = changed(known, {"email": "ann@acme.com"})

    assert (found.email, found.derived) == ("ann@acme.com", ("phone",))


def test_a_mark_of_a_field_that_is_empty_is_dropped() -> None:
    assert columns(some_details(derived=("email",)))["derived"] == []


@pytest.mark.parametrize("text", ["2016-02-30", "20160228", "2016-W01-1", "28.02.2016", ""])
def test_refuses_what_is_no_day(text: str) -> None:
    assert not is_day(text)


def test_takes_a_leap_day() -> None:
    assert is_day("2016-02-29")
