from datetime import UTC, datetime, timedelta

import pytest

from chassis.errors import Invalid
from services.accounts.domain.staff import (
    AbsenceOverlaps,
    OwnRole,
    Period,
    UnknownRole,
    check_grantor,
    check_period,
    check_roles,
)

MONDAY = datetime(2017, 1, 2, tzinfo=UTC)


def days(start: int, end: int) -> Period:
    return Period(MONDAY + timedelta(days=start), MONDAY + timedelta(days=end))


def test_roles_are_kept_once_and_in_order() -> None:
    assert check_roles(["rep", "agent", "rep"], {"rep", "agent"}) == ("agent", "rep")


def test_refuses_a_role_that_is_not_defined() -> None:
    with pytest.raises(UnknownRole):
        check_roles(["king"], {"rep"})


def test_nobody_changes_his_own_roles() -> None:
    with pytest.raises(OwnRole):
        check_grantor("s1", "s1")


def test_absences_may_touch_but_not_overlap() -> None:
    check_period(days(2, 4), [days(0, 2), days(4, 6)])
    with pytest.raises(AbsenceOverlaps):
        check_period(days(1, 3), [days(0, 2)])


def test_an_absence_ends_after_it_starts() -> None:
    with pytest.raises(Invalid):
        check_period(days(1, 1), [])
