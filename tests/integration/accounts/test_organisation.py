"""How a customer is organised inside, on which level we talk, and meetings that come again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis import timers
from chassis.errors import Conflict, Invalid, NotFound, StaleVersion
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.sales import StandingClock

START = datetime(2017, 1, 31, 9, tzinfo=UTC)


def a_firm(desk: Desk, **details: Any) -> str:
    """Register an organisation."""
    return str(a_customer(desk, kind="organisation", **details)["customer_id"])


def a_department(desk: Desk, customer_id: str, name: str, parent_id: str | None = None) -> str:
    """Draw a department."""
    drawn = desk.ask("add_department", customer_id=customer_id, name=name, parent_id=parent_id)
    return str(drawn["id"])


def somebody(desk: Desk, customer_id: str, name: str) -> str:
    """Register a contact."""
    return str(desk.ask("register_contact", customer_id=customer_id, name=name)["contact_id"])


class TestDepartments:
    @pytest.mark.spec("ACC-04")
    def test_the_chart_has_departments_lines_and_roles(self, desk: Desk) -> None:
        firm = a_firm(desk)
        board = a_department(desk, firm, "Board")
        buying = a_department(desk, firm, "Buying", board)
        boss, clerk = (somebody(desk, firm, name) for name in ("Boss", "Clerk"))

        desk.ask("place_contact", contact_id=boss, version=1, department_id=board,
                 buying_role="decision_maker", level="strategic")  # fmt: skip
        placed = desk.ask("place_contact", contact_id=clerk, version=1, department_id=buying,
                          reports_to_id=boss, buying_role="evaluator",
                          level="operational")  # fmt: skip

        shown = desk.ask("departments", customer_id=firm)["items"]
        assert [(one["name"], one["parent_id"]) for one in shown] == [
            ("Board", None), ("Buying", board),
        ]  # fmt: skip
        assert (placed["reports_to_id"], placed["buying_role"]) == (boss, "evaluator")
        deciding = desk.ask(
            "find_records",
            kind="contact",
            filters={"customer_id": firm, "buying_role": "decision_maker"},
        )
        assert [one["id"] for one in deciding["items"]] == [boss]
        told = desk.told("accounts.contact.recorded.v1")[-1]
        assert (told["buying_role"], told["level"]) == ("evaluator", "operational")
        card = desk.ask("customer_card", customer_id=firm)
        assert [one["name"] for one in card["organisation"]["departments"]] == ["Board", "Buying"]

    def test_refuses_a_department_above_itself(self, desk: Desk) -> None:
        firm = a_firm(desk)
        top = a_department(desk, firm, "Top")
        middle = a_department(desk, firm, "Middle", top)
        bottom = a_department(desk, firm, "Bottom", middle)

        for parent in (top, bottom):
            with pytest.raises(Conflict) as refused:
                desk.ask("update_department", department_id=top, version=1, name="Top",
                         parent_id=parent)  # fmt: skip
            assert refused.value.code == "accounts.organisation.loop"

        assert desk.count("departments", "WHERE parent_id IS NULL") == 1

    def test_refuses_people_who_report_to_themselves(self, desk: Desk) -> None:
        firm = a_firm(desk)
        ann, bob = somebody(desk, firm, "Ann"), somebody(desk, firm, "Bob")
        desk.ask("place_contact", contact_id=ann, version=1, reports_to_id=bob)

        for superior in (ann, bob):
            with pytest.raises(Conflict):
                desk.ask("place_contact", contact_id=bob, version=1, reports_to_id=superior)

        assert desk.count("contacts", "WHERE reports_to_id IS NOT NULL") == 1

    def test_refuses_departments_and_superiors_of_another_house(self, desk: Desk) -> None:
        firm, other = a_firm(desk), a_firm(desk)
        theirs, stranger = a_department(desk, other, "Theirs"), somebody(desk, other, "Stranger")
        ann = somebody(desk, firm, "Ann")

        for position in ({"department_id": theirs}, {"reports_to_id": stranger}):
            with pytest.raises(Invalid) as refused:
                desk.ask("place_contact", contact_id=ann, version=1, **position)
            assert refused.value.code == "accounts.organisation.foreign"
        with pytest.raises(Invalid):
            a_department(desk, firm, "Ours", theirs)

        assert desk.count("departments") == 1

    def test_removes_only_what_nobody_belongs_to(self, desk: Desk) -> None:
        firm = a_firm(desk)
        top = a_department(desk, firm, "Top")
        low = a_department(desk, firm, "Low", top)
        ann = somebody(desk, firm, "Ann")
        desk.ask("place_contact", contact_id=ann, version=1, department_id=low)

        for department in (top, low):
            with pytest.raises(Conflict):
                desk.ask("remove_department", department_id=department, version=1)
        desk.ask("place_contact", contact_id=ann, version=2)
        desk.ask("remove_department", department_id=low, version=1)

        assert desk.count("departments") == 1

    def test_is_drawn_and_seen_only_by_who_sees_the_customer(self, desk: Desk) -> None:
        """Pain point 5."""
        firm = a_firm(desk)
        top = a_department(desk, firm, "Top")
        rep = desk.token_of(a_staff(desk)["id"])

        for method, asked in (
            ("departments", {"customer_id": firm}),
            ("add_department", {"customer_id": firm, "name": "Mine"}),
            ("update_department", {"department_id": top, "version": 1, "name": "Mine"}),
            ("remove_department", {"department_id": top, "version": 1}),
            ("meetings_of", {"customer_id": firm}),
        ):
            with pytest.raises(NotFound):
                desk.ask(method, as_=rep, **asked)

        assert desk.count("departments", "WHERE name = 'Top'") == 1

    def test_refuses_a_stale_version(self, desk: Desk) -> None:
        ann = somebody(desk, a_firm(desk), "Ann")

        with pytest.raises(StaleVersion):
            desk.ask("place_contact", contact_id=ann, version=2, level="strategic")


class TestLevels:
    @pytest.mark.spec("ACC-05")
    def test_a_touch_has_the_level_of_its_contact_unless_told(self, desk: Desk) -> None:
        firm = a_firm(desk)
        boss = somebody(desk, firm, "Boss")
        desk.ask("place_contact", contact_id=boss, version=1, level="strategic")
        touch = {"customer_id": firm, "kind": "meeting", "subject": "Talk", "source": "diary"}

        desk.ask("record_interaction", **touch, source_key="1", contact_id=boss)
        desk.ask("record_interaction", **touch, source_key="2", contact_id=boss,
                 level="management")  # fmt: skip
        desk.ask("record_interaction", **touch, source_key="3")

        shown = desk.ask("timeline", customer_id=firm)["items"]
        assert {one["source_key"]: one["level"] for one in shown} == {
            "1": "strategic", "2": "management", "3": None,
        }  # fmt: skip
        strategic = desk.ask("find_records", kind="interaction", filters={"level": "strategic"})
        assert [one["source_key"] for one in strategic["items"]] == ["1"]


class TestMeetings:
    @pytest.fixture
    def clock(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> StandingClock:
        """Let the business instant stand still before the first meeting."""
        clock = StandingClock(datetime(2017, 1, 1, tzinfo=UTC))
        monkeypatch.setattr(desk.runtime, "clock", clock)
        return clock

    def planned(self, desk: Desk, firm: str, **more: Any) -> dict[str, Any]:
        """Plan monthly meetings from the 31st of January."""
        rhythm = {
            "subject": "Executive meeting",
            "cadence": "month",
            "starts_at": "2017-01-31T09:00:00Z",
        }
        return dict(desk.ask("schedule_meetings", customer_id=firm, **rhythm | more))

    @pytest.mark.spec("ACC-05")
    def test_each_is_noted_and_told_when_it_is_due(self, desk: Desk, clock: StandingClock) -> None:
        firm = a_firm(desk)
        host = a_staff(desk)["id"]
        series = self.planned(desk, firm, level="strategic", host_id=host)

        before = timers.fire_due(desk.runtime)
        clock.instant = datetime(2017, 3, 31, 9, tzinfo=UTC)
        timers.fire_due(desk.runtime)

        assert before == 0
        touches = desk.ask("timeline", customer_id=firm)["items"]
        assert [one["at"][:10] for one in touches] == ["2017-03-31", "2017-02-28", "2017-01-31"]
        assert {(one["kind"], one["level"], one["result"]) for one in touches} == {
            ("meeting", "strategic", None),
        }  # fmt: skip
        told = desk.told("accounts.meeting.due.v1")
        assert [one["due_at"][:10] for one in told] == ["2017-01-31", "2017-02-28", "2017-03-31"]
        assert (told[-1]["host_id"], told[-1]["next_at"][:10]) == (host, "2017-04-30")
        assert told[-1]["interaction_id"] == touches[0]["id"]
        (shown,) = desk.ask("meetings_of", customer_id=firm)["items"]
        assert (shown["id"], shown["met"], shown["next_at"][:10]) == (series["id"], 3, "2017-04-30")

    def test_none_comes_after_they_were_stopped(self, desk: Desk, clock: StandingClock) -> None:
        firm = a_firm(desk)
        series = self.planned(desk, firm)

        desk.ask("stop_meetings", series_id=series["id"], version=1)
        clock.instant = datetime(2018, 1, 1, tzinfo=UTC)

        assert timers.fire_due(desk.runtime) == 0
        assert desk.count("interactions") == 0
        assert desk.ask("customer_card", customer_id=firm)["organisation"]["meetings"] == []

    def test_refuses_the_past_and_the_contact_of_another(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        firm = a_firm(desk)
        stranger = somebody(desk, a_firm(desk), "Stranger")

        with pytest.raises(Conflict):
            self.planned(desk, firm, contact_id=stranger)
        clock.instant = datetime(2017, 2, 1, tzinfo=UTC)
        with pytest.raises(Invalid):
            self.planned(desk, firm)

        assert desk.count("meeting_series") == 0
