"""Leads after they were given to somebody: reminded of, planned, given up; and the words for that."""

import pytest

from chassis.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
)
from tests.support.leads import capture


@pytest.fixture
def sales(linked):
    """Sales with accounts next door."""
    return linked


class TestWorkingOnALead:
    @pytest.mark.spec("SAL-01")
    def test_reminds_until_the_next_action_is_planned(self, sales, director):
        lead = capture(sales, director)

        for days in (2, 1, 2, 4):
            sales.clock.pass_(days=days)
            sales.fire()
        told = sales.told("sales.lead.action_overdue.v1")
        assert [one["reminders"] for one in told] == [1, 2, 3, 4]

        now = sales.call("get_record", director, kind="lead", id=lead["lead_id"])
        due = sales.clock.instant.replace(month=6)
        sales.call(
            "plan_lead_action",
            director,
            lead_id=now["id"],
            version=now["version"],
            due=due,
            action="call",
        )
        sales.clock.pass_(days=30)
        assert sales.fire() == 0

    def test_tells_what_somebody_planned_and_only_that(self, sales, director):
        lead = capture(sales, director)
        given = {"lead_id": lead["lead_id"]}
        due = sales.clock.instant.replace(day=9)

        now = sales.call("qualify_lead", director, **given, version=lead["version"])
        now = sales.call("move_lead", director, **given, version=now["version"], status="nurture")
        now = sales.call(
            "plan_lead_action", director, **given, version=now["version"], due=due, action="call"
        )

        (told,) = sales.told("sales.lead.action_planned.v1")
        assert (told["lead_id"], told["version"], told["due"], told["owner_id"]) == (
            lead["lead_id"], now["version"], "2017-03-09T09:00:00.000000Z", lead["owner_id"],
        )  # fmt: skip

    def test_an_open_lead_never_loses_its_next_action(self, sales, director):
        lead = capture(sales, director)
        sales.clock.pass_(days=3)

        with pytest.raises(Invalid) as refused:
            sales.call("qualify_lead", director, lead_id=lead["lead_id"], version=lead["version"])

        assert refused.value.code == "sales.lead.next_action_missing"
        due = sales.clock.instant.replace(day=9)
        done = sales.call(
            "qualify_lead",
            director,
            lead_id=lead["lead_id"],
            version=lead["version"],
            next_action_due=due,
        )
        assert (done["status"], done["status_type"]) == ("working", "ongoing")

    def test_is_given_up_only_with_a_reason(self, sales, director):
        lead = capture(sales, director)
        known = {"lead_id": lead["lead_id"], "version": lead["version"]}
        with pytest.raises(Invalid):
            sales.call("disqualify_lead", director, **known)

        done = sales.call(
            "disqualify_lead", director, **known, reason="no_budget", note="asked Ada twice"
        )

        assert (done["status_type"], done["lost_reason"], done["next_action_due"]) == (
            "lost", "no_budget", None,
        )  # fmt: skip
        (told,) = sales.told("sales.lead.disqualified.v1")
        assert told["reason"] == "no_budget"
        assert "asked Ada" not in str(told)
        with pytest.raises(Conflict) as closed:
            sales.call("qualify_lead", director, lead_id=done["id"], version=done["version"])
        assert closed.value.code == "sales.lead.closed"

    def test_statuses_are_the_users_words_and_their_type_is_ours(self, sales, director):
        sales.call(
            "create_record", director, kind="lead_status",
            values={"key": "on_holiday", "label": "On holiday", "type": "on_hold", "place": 35},
        )  # fmt: skip
        lead = capture(sales, director)

        moved = sales.call(
            "move_lead",
            director,
            lead_id=lead["lead_id"],
            version=lead["version"],
            status="on_holiday",
        )

        assert (moved["status"], moved["status_type"]) == ("on_holiday", "on_hold")
        known = {"lead_id": moved["id"], "version": moved["version"]}
        with pytest.raises(Invalid):
            sales.call("move_lead", director, **known, status="disqualified")
        with pytest.raises(NotFound):
            sales.call("move_lead", director, **known, status="unheard_of")

    def test_a_status_is_renamed_and_retired_but_keeps_its_meaning(self, sales, director):
        (status,) = sales.call(
            "find_records", director, kind="lead_status", filters={"type": "on_hold"}
        )["items"]

        named = sales.call(
            "name_status", director, status_id=status["id"], version=status["version"],
            label="Later", active=False,
        )  # fmt: skip

        assert (named["label"], named["key"], named["type"], named["active"]) == (
            "Later", "nurture", "on_hold", False,
        )  # fmt: skip
        with pytest.raises(Forbidden):
            sales.call(
                "update_record", director, kind="lead_status", id=status["id"],
                version=named["version"], values={"type": "open"},
            )  # fmt: skip
