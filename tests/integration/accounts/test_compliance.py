"""What was done for the law, for confidence and for fairness can be shown, by whom and when."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import Forbidden, Invalid
from services.accounts.domain.compliance import Duty
from services.accounts.reads.compliance import TABLES
from services.accounts.tables import PrivacyRequest
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.exports import exported
from tests.support.sales import StandingClock

NAME, MAIL = "Zora Zwirbel", "zora@zwirbel.example"


def log(desk: Desk, **asked: Any) -> list[dict[str, Any]]:
    """Return the entries of the log."""
    found: list[dict[str, Any]] = desk.ask("compliance_log", **asked)["items"]
    return found


@pytest.fixture
def ann(desk: Desk, clock: StandingClock) -> str:
    """A customer for whom everything is done that a house owes."""
    id_ = str(a_customer(desk, name=NAME, email=MAIL)["customer_id"])
    desk.ask("set_consent", customer_id=id_, purpose="sharing_with_partners", channel="any",
             granted=True, basis="consent")  # fmt: skip
    desk.ask("record_nda", customer_id=id_, party=NAME)
    desk.ask("receive_request", customer_id=id_, kind="access")
    visits = {"offer": "regular_visits", "level": "preferred"}
    desk.ask("set_policy_cell", version=0, entries=[visits], importance="high", scale="large")
    desk.ask("raise_flag", customer_id=id_, kind="blacklist", reason="fraud_proven", note=NAME)
    exported(desk, columns=["name"], recipient="Fair & Sons")
    return id_


@pytest.mark.spec("X-24")
class TestComplianceLog:
    def test_holds_what_was_done_for_each_duty_by_whom_and_when(self, desk: Desk, ann: str) -> None:
        found = log(desk)

        assert {one["duty"] for one in found} == {duty.value for duty in Duty}
        assert {one["actor"] for one in found} <= {"person:admin", "service:accounts"}
        assert [one["at"] for one in found] == sorted((one["at"] for one in found), reverse=True)
        (request,) = [one for one in found if one["duty"] == "data_subject"]
        assert (request["kind"], request["verb"]) == ("privacy_requests", "created")
        assert {"status", "deadline"} <= set(request["changes"])

    def test_names_nobody(self, desk: Desk, ann: str) -> None:
        said = repr(log(desk))

        assert "Zwirbel" not in said
        assert MAIL not in said

    def test_is_narrowed_to_duties_and_a_period(
        self, desk: Desk, ann: str, clock: StandingClock
    ) -> None:
        before = clock.instant
        clock.instant += timedelta(days=3)
        desk.ask("receive_request", customer_id=ann, kind="correction")

        asked = log(desk, duties=["data_subject"], since=before + timedelta(days=1))
        consents = log(desk, duties=["consent", "confidentiality"])

        assert [one["kind"] for one in asked] == ["privacy_requests"]
        assert {one["kind"] for one in consents} == {"consents", "ndas"}

    def test_is_read_a_page_at_a_time(self, desk: Desk, ann: str) -> None:
        first = desk.ask("compliance_log", limit=2)
        rest = desk.ask("compliance_log", after=first["next"])

        assert first["items"] + rest["items"] == log(desk)

    def test_is_for_auditors(self, desk: Desk, ann: str) -> None:
        rep = desk.token_of(a_staff(desk, "rep")["id"])

        with pytest.raises(Forbidden):
            desk.ask("compliance_log", as_=rep)

    def test_refuses_a_duty_that_there_is_not(self, desk: Desk) -> None:
        with pytest.raises(Invalid):
            desk.ask("compliance_log", duties=["profit"])

    def test_knows_the_tables_of_every_duty(self) -> None:
        assert TABLES.keys() == set(Duty)
        assert PrivacyRequest.__tablename__ in TABLES[Duty.DATA_SUBJECT]
