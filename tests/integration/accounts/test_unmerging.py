"""Every service answers for a merge; undone, each customer has exactly what was its own."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import Conflict
from services.accounts.usecases import following
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.merging import answer, merge, named, two, unmerge

STATED = frozenset({"version", "event_seq", "updated_at"})
RELATED = ("contacts", "interactions", "ownerships", "external_ids", "consents")


def _furnish(desk: Desk, customer_id: str, day: int) -> None:
    desk.ask("register_contact", customer_id=customer_id, name=f"Contact {day}")
    desk.ask("record_interaction", customer_id=customer_id, kind="call", subject="Hello",
             source="desk", source_key=customer_id)  # fmt: skip
    desk.ask("set_consent", customer_id=customer_id, purpose="marketing", channel="mail",
             granted=True, basis="consent", at=f"2020-01-0{day}T00:00:00Z")  # fmt: skip
    owner = a_staff(desk, name=f"Owner {day}")["id"]
    desk.ask("assign_owner", customer_id=customer_id, owner_id=owner,
             version=named(desk, customer_id)["version"])  # fmt: skip


def _stored(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    """Return every customer with all that belongs to it, but for the versions."""
    found = {}
    with desk.runtime.database.engine.connect() as connection:
        for table in ("customers", *RELATED):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()
            plain = [{k: v for k, v in row.items() if k not in STATED} for row in rows]
            found[table] = sorted(plain, key=str)
    return found


def _refer(desk: Desk, customer_id: str, contact_id: str, by: str) -> None:
    """Let something refer to a contact."""
    whose = {"customer_id": customer_id, "contact_id": contact_id}
    match by:
        case "point":
            desk.ask("add_contact_point", **whose, medium="mail", value="second@lee.org")
        case "touch":
            desk.ask("record_interaction", **whose, kind="call", subject="Hello", source="desk",
                     source_key="1")  # fmt: skip
        case "meeting":
            desk.ask("schedule_meetings", **whose, subject="Lunch", cadence="month",
                     starts_at="2099-01-01T12:00:00Z")  # fmt: skip
        case "report":
            below = desk.ask("register_contact", customer_id=customer_id, name="Bob")
            desk.ask("place_contact", contact_id=below["contact_id"], version=below["version"],
                     reports_to_id=contact_id)  # fmt: skip


class TestAnswers:
    def test_a_merge_is_complete_when_every_service_has_answered(self, desk: Desk) -> None:
        merge_id = merge(desk, *two(desk))["merge_id"]

        answer(desk, merge_id, "sales", "service_desk", "telephony", "analytics")
        waiting = desk.ask("merge_status", merge_id=merge_id)
        answer(desk, merge_id, "marketing")
        complete = desk.ask("merge_status", merge_id=merge_id)

        assert (waiting["status"], waiting["missing"]) == ("following", ["marketing"])
        assert (complete["status"], complete["missing"]) == ("complete", [])
        counts = {one["service"]: one["counts"] for one in complete["acknowledgements"]}
        assert counts["sales"] == {"row": 1}
        assert set(counts) == {"accounts", "sales", "service_desk", "marketing", "telephony",
                               "analytics"}  # fmt: skip

    def test_an_answer_that_comes_twice_counts_once(self, desk: Desk) -> None:
        merge_id = merge(desk, *two(desk))["merge_id"]

        answer(desk, merge_id, "sales")
        answer(desk, merge_id, "sales")

        assert desk.count("acknowledgements", "WHERE service = 'sales'") == 1

    def test_who_does_not_answer_is_named_after_a_while(
        self, desk: Desk, capsys: pytest.CaptureFixture[str]
    ) -> None:
        merge_id = merge(desk, *two(desk))["merge_id"]
        answer(desk, merge_id, "sales")

        with desk.work() as work:
            work.now += timedelta(minutes=11)
            following.look_for_missing(work, key=merge_id, data={})

        said = capsys.readouterr().out
        assert "a merge waits for services" in said
        assert "service_desk, marketing, telephony, analytics" in said
        assert desk.count("timers", "WHERE kind = 'merge.overdue'") == 1


class TestUndoing:
    """Merge loses data (pain point 3): what was merged by mistake comes apart again."""

    def test_restores_exactly_what_was(self, desk: Desk) -> None:
        winner, loser = two(desk, external_ids={"erp": "E-1"})
        _furnish(desk, winner, 1)
        _furnish(desk, loser, 2)
        before = _stored(desk)
        merge_id = merge(desk, winner, loser, choices={"email": loser})["merge_id"]
        answer(desk, merge_id)

        unmerge(desk, merge_id)

        assert _stored(desk) == before
        assert desk.count("aliases") == desk.count("merged_customers") == desk.count("moved") == 0

    def test_what_came_later_stays_with_the_winner(self, desk: Desk) -> None:
        winner, loser = two(desk)
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)
        desk.ask("register_contact", customer_id=loser, name="Late")
        desk.ask("update_customer", customer_id=winner, changes={"language": "fr"},
                 version=named(desk, winner)["version"])  # fmt: skip

        unmerge(desk, merge_id)

        assert desk.count("contacts", f"WHERE customer_id = '{winner}' AND name = 'Late'") == 1
        record = desk.ask("get_record", kind="customer", id=winner)
        assert (record["language"], record["city"]) == ("fr", None)

    @pytest.mark.parametrize("by", ["point", "touch", "meeting", "report"])
    def test_a_contact_that_the_merge_entered_stays_if_something_refers_to_it(
        self, desk: Desk, by: str
    ) -> None:
        winner, loser = two(desk)
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)
        (entered,) = desk.ask("find_records", kind="contact")["items"]
        _refer(desk, winner, entered["id"], by)

        unmerge(desk, merge_id)

        assert desk.ask("get_record", kind="customer", id=loser)["id"] == loser
        assert desk.ask("get_record", kind="contact", id=entered["id"])["customer_id"] == winner

    def test_a_word_that_was_taken_off_the_winner_does_not_come_back(self, desk: Desk) -> None:
        winner, loser = two(desk)
        desk.ask("tag_customer", customer_id=winner, version=1, add=["vip"])
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)
        version = named(desk, winner)["version"]
        desk.ask("tag_customer", customer_id=winner, version=version, remove=["vip"])

        unmerge(desk, merge_id)

        assert desk.ask("get_record", kind="customer", id=winner)["tags"] == []
        assert desk.ask("find_records", kind="customer", filters={"tag": "vip"})["items"] == []

    def test_the_services_answer_for_it_too(self, desk: Desk) -> None:
        winner, loser = two(desk)
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)

        unmerge(desk, merge_id)
        waiting = desk.ask("merge_status", merge_id=merge_id)
        answer(desk, merge_id)

        told = desk.told("accounts.customer.unmerged.v1")[0]
        assert (told["merge_id"], told["losers"]) == (merge_id, [loser])
        assert told["task_id"] != merge_id
        assert len(waiting["missing"]) == 5
        assert desk.ask("merge_status", merge_id=merge_id)["status"] == "undone"

    def test_is_refused_before_every_service_has_followed(self, desk: Desk) -> None:
        winner, loser = two(desk)
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id, "sales")

        with pytest.raises(Conflict) as refused:
            unmerge(desk, merge_id)

        assert refused.value.code == "accounts.merge.under_way"
        assert desk.ask("get_record", kind="customer", id=loser)["id"] == winner

    def test_a_later_merge_is_undone_first(self, desk: Desk) -> None:
        winner, loser = two(desk)
        last = a_customer(desk)["customer_id"]
        first = merge(desk, winner, loser)["merge_id"]
        answer(desk, first)
        later = merge(desk, last, winner)["merge_id"]
        answer(desk, later)

        with pytest.raises(Conflict) as refused:
            unmerge(desk, first)
        unmerge(desk, later)

        assert refused.value.code == "accounts.merge.later_merge"
        assert desk.ask("get_record", kind="customer", id=loser)["id"] == winner
        told = {one["customer_id"]: one for one in desk.told("accounts.customer.recorded.v1")}
        assert (told[loser]["merged_into"], told[winner]["merged_into"]) == (winner, None)
