"""Pain point 19: five hundred custom fields, twenty of them filled on each of many customers."""

from collections.abc import Iterator
from typing import Any

import pytest

from chassis.cursors import write_cursor
from tests.support.accounts import Desk
from tests.support.custom import many_customers, many_fields, plan_of

FIELDS = 500
FEW = 2_000  # PostgreSQL rightly reads so many at once
# f10 is a number with 20 of 500 customers having it; the others of these are a text and an enum.
ASKED: dict[str, dict[str, Any]] = {
    "filtered": {"filters": {"custom.f10.from": "100", "custom.f10.below": "900"}, "sort": "name"},
    "by text": {"filters": {"custom.f0": "word 50"}},
    "both": {"filters": {"custom.f30": "red"}, "sort": "custom.f10"},
    "first page": {"sort": "custom.f10"},
    "further page": {
        "sort": "custom.f10", "descending": True,
        "after": write_cursor([1, "", 1_000 * 10**6, "c0001000"]),
    },
    "those without": {"sort": "custom.f10", "after": write_cursor([0, "", 0, "c0001000"])},
}  # fmt: skip


@pytest.fixture(
    scope="module", params=[FEW, pytest.param(100_000, marks=pytest.mark.long)], ids=str
)
def crowd(request: pytest.FixtureRequest, open_desk: Desk) -> Iterator[tuple[Desk, str]]:
    """Accounts with many customers, and the token of somebody who sees them all."""
    open_desk.forget_all()
    many_fields(open_desk, FIELDS)
    many_customers(open_desk, request.param, FIELDS)
    admin = open_desk.ask("register_staff", name="Adam", roles=["admin"])["id"]
    if not open_desk.runtime.database.sqlite:  # what the database does by itself, a little later
        with open_desk.runtime.database.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
    yield open_desk, open_desk.token_of(admin)
    open_desk.forget_all()


def reads_all(step: str) -> bool:
    """Say whether a step of a plan goes through all customers, or through all values of a field."""
    by_entity = "customers USING" in step and "id=?)" not in step and "AND id>?)" not in step
    return "Seq Scan" in step or step.startswith("SCAN") or by_entity or "(entity_id=?)" in step


def sorts(step: str) -> bool:
    """Say whether a step of a plan brings rows into order that did not come so."""
    return step.lstrip("-> ").startswith("Sort") or "TEMP B-TREE" in step


class TestFiveHundredCustomFields:
    """Pain point 19: custom fields hit the limits of the database."""

    @pytest.mark.spec("ACC-18")
    @pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
    def test_are_filtered_sorted_and_paged_along_an_index(
        self, crowd: tuple[Desk, str], asked: dict[str, Any]
    ) -> None:
        desk, admin = crowd

        steps, shown = plan_of(desk, as_=admin, **asked)

        assert shown["items"]
        if desk.runtime.database.sqlite or desk.count("customers") > FEW:
            assert not [step for step in steps if reads_all(step)], steps
            if asked.get("sort") == "custom.f10" and "filters" not in asked:
                assert not [step for step in steps if sorts(step)], steps

    def test_leave_out_nobody_and_show_nobody_twice(self, crowd: tuple[Desk, str]) -> None:
        desk, admin = crowd
        asked: dict[str, Any] = {"filters": {"custom.f0.given": True}, "sort": "custom.f10"}
        seen: list[str] = []
        after = None

        while True:
            page = desk.ask(
                "find_records", as_=admin, kind="customer", limit=150, after=after, **asked
            )
            seen += [one["id"] for one in page["items"]]
            after = page["next"]
            if after is None:
                break

        assert len(seen) == len(set(seen)) == desk.count("custom_index", _having(desk, "f0"))

    def test_add_no_column_and_one_row_for_each_value_that_can_be_found(
        self, crowd: tuple[Desk, str]
    ) -> None:
        desk, _ = crowd

        assert desk.count("custom_fields") == FIELDS
        assert desk.count("custom_index") == 2 * desk.count("customers")


def _having(desk: Desk, key: str) -> str:
    return f"WHERE field = (SELECT id FROM custom_fields WHERE key = '{key}')"
