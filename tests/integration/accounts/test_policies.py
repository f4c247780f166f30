"""The matrix of offers: which cell decides for a customer, and who is excluded from what."""

from typing import Any

import pytest

from chassis.errors import Forbidden, Invalid, NotFound, StaleVersion
from tests.support.accounts import Desk, a_customer, a_staff

GIFTS_WITHHELD = {
    "offer": "gifts", "level": "withheld", "reason": "cost", "instead": "phone_support",
}  # fmt: skip
VISITS = {"offer": "regular_visits", "level": "preferred"}


def cell(desk: Desk, *entries: dict[str, Any], version: int = 0, **place: Any) -> dict[str, Any]:
    """Write a cell of the matrix."""
    return dict(desk.ask("set_policy_cell", version=version, entries=list(entries), **place))


def offered(desk: Desk, customer_id: str, offer: str) -> tuple[str, str | None, str | None]:
    """Return how something is offered to a customer."""
    shown = desk.ask("service_policy", customer_id=customer_id)
    (one,) = [each for each in shown["offers"] if each["offer"] == offer]
    return one["level"], one["reason"], one["instead"]


class TestServicePolicy:
    @pytest.mark.spec("ACC-20")
    @pytest.mark.spec("ACC-42")
    def test_class_importance_and_scale_decide_and_the_cell_is_named(self, desk: Desk) -> None:
        big, small = (
            str(a_customer(desk, kind="organisation")["customer_id"]),
            str(a_customer(desk)["customer_id"]),
        )
        desk.ask("weigh_customer", customer_id=big, version=1, importance="high", scale="large")
        wide = cell(desk, GIFTS_WITHHELD, scale="small")
        narrow = cell(desk, VISITS, importance="high", scale="large", customer_class="potential")

        to_big = desk.ask("service_policy", customer_id=big)
        to_small = desk.ask("service_policy", customer_id=small)

        assert (to_big["cell"]["id"], to_small["cell"]["id"]) == (narrow["id"], wide["id"])
        assert (to_big["importance"], to_big["importance_by"]) == ("high", "told")
        assert (to_small["scale"], to_small["scale_by"]) == ("small", "kind")
        assert offered(desk, big, "regular_visits") == ("preferred", None, None)
        assert offered(desk, small, "gifts") == ("withheld", "cost", "phone_support")
        assert offered(desk, small, "regular_visits") == ("standard", None, None)

    @pytest.mark.spec("ACC-42")
    def test_everybody_has_the_same_rights(self, desk: Desk) -> None:
        customer = str(a_customer(desk)["customer_id"])
        cell(desk, GIFTS_WITHHELD)

        shown = desk.ask("service_policy", customer_id=customer)["offers"]

        assert {one["offer"]: one["level"] for one in shown if one["baseline"]} == {
            "complaints": "standard", "order_information": "standard",
            "basic_support": "standard", "privacy_requests": "standard",
        }  # fmt: skip
        for right in ("complaints", "privacy_requests"):
            with pytest.raises(Invalid) as refused:
                cell(desk, GIFTS_WITHHELD | {"offer": right}, scale="small")
            assert refused.value.code == "accounts.policy.baseline"

    def test_without_a_cell_everything_is_standard(self, desk: Desk) -> None:
        customer = str(a_customer(desk)["customer_id"])

        shown = desk.ask("service_policy", customer_id=customer)

        assert shown["cell"] is None
        assert {one["level"] for one in shown["offers"]} == {"standard"}

    def test_is_shown_to_whoever_sees_the_customer(self, desk: Desk) -> None:
        customer = str(a_customer(desk)["customer_id"])
        rep = desk.token_of(a_staff(desk)["id"])

        with pytest.raises(NotFound):
            desk.ask("service_policy", as_=rep, customer_id=customer)


class TestExclusions:
    @pytest.mark.spec("ACC-41")
    def test_every_exclusion_is_on_one_list_with_its_reason(self, desk: Desk) -> None:
        cell(desk, VISITS, scale="large")
        cell(desk, GIFTS_WITHHELD, VISITS, scale="small")
        cell(desk, GIFTS_WITHHELD | {"reason": "capacity"}, importance="low")

        first = desk.ask("policy_exclusions", limit=1)
        rest = desk.ask("policy_exclusions", limit=1, after=first["next"])

        found = [
            (one["scale"], one["importance"], entry["offer"], entry["reason"])
            for one in first["items"] + rest["items"]
            for entry in one["entries"]
            if entry["level"] == "withheld"
        ]
        assert sorted(found, key=str) == [
            ("small", None, "gifts", "cost"),
            (None, "low", "gifts", "capacity"),
        ]
        assert rest["next"] is None

    def test_one_without_a_reason_is_refused(self, desk: Desk) -> None:
        with pytest.raises(Invalid) as refused:
            cell(desk, GIFTS_WITHHELD | {"reason": None}, scale="small")

        assert refused.value.code == "accounts.policy.unexplained"
        assert desk.count("policy_cells") == 0


class TestCell:
    def test_is_changed_by_whoever_read_its_version_and_told(self, desk: Desk) -> None:
        first = cell(desk, GIFTS_WITHHELD, scale="small")

        again = cell(desk, VISITS, scale="small", version=first["version"])

        assert (again["id"], again["version"], again["withholds"]) == (first["id"], 2, False)
        for stale in (0, 1):
            with pytest.raises(StaleVersion):
                cell(desk, VISITS, scale="small", version=stale)
        told = desk.told("accounts.record.changed.v1")
        assert [(one["kind"], one["verb"]) for one in told] == [
            ("policy_cell", "created"), ("policy_cell", "updated"),
        ]  # fmt: skip

    def test_once_cleared_the_wider_one_decides(self, desk: Desk) -> None:
        customer = str(a_customer(desk)["customer_id"])
        cell(desk, GIFTS_WITHHELD)
        cell(desk, VISITS, scale="small")
        before = offered(desk, customer, "gifts")

        desk.ask("clear_policy_cell", version=1, scale="small")

        assert (before[0], offered(desk, customer, "gifts")[0]) == ("standard", "withheld")
        with pytest.raises(NotFound):
            desk.ask("clear_policy_cell", version=0, scale="small")

    def test_is_an_admins_to_write(self, desk: Desk) -> None:
        director = desk.token_of(a_staff(desk, role="sales_director")["id"])

        with pytest.raises(Forbidden):
            desk.ask("set_policy_cell", as_=director, version=0, entries=[VISITS])

        assert desk.ask("policy_exclusions", as_=director)["items"] == []
