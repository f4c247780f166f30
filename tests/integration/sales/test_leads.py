"""Leads between sales and accounts: captured, matched, assigned, qualified, converted."""

import threading
from collections import Counter

import pytest
from sqlalchemy import func, select

from chassis import processes
from chassis.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    StaleVersion,
    Unavailable,
)
from chassis.tables import AUDIT, PROCESSES
from contracts.accounts import CustomerOwnerChanged
from services.accounts.service import Accounts
from services.accounts.tables import Contact, Customer, Interaction
from services.sales.service import Sales
from services.sales.tables import Lead, LeadAssignment, Opportunity
from tests.support.sales import NextDoor, a_room, know_customer

A_DEAL = {"title": "Desks", "amount_minor": 120_000, "currency": "USD"}


@pytest.fixture
def accounts(tmp_path):
    """accounts with a territory in the west and two reps in it."""
    with a_room(Accounts, f"sqlite:///{tmp_path / 'accounts.db'}", tmp_path) as room:
        admin = room.person("admin", "admin")
        west = room.call("register_territory", admin, name="west", states=["California", "Oregon"])
        for name in ("Rita", "Rolf"):
            room.call("register_staff", admin, name=name, roles=["rep"], territory_ids=[west["id"]])
        yield room


@pytest.fixture
def sales(database_url, tmp_path, accounts):
    """Sales that has heard of all that accounts told, with accounts next door."""
    with a_room(Sales, database_url, tmp_path) as room:
        room.runtime.link = NextDoor(accounts)
        accounts.carry_to(room)
        yield room


@pytest.fixture
def director(sales):
    return sales.person("d1", "sales_director")


def capture(sales, token, name="Ada Ames", key=None, **fields):
    lead = {
        "source": "web", "name": name, "email": f"{name.split()[0].lower()}@example.com",
        "state": "California", "country": "US",
    }  # fmt: skip
    return sales.call("capture_lead", token, key, **lead | fields)


def qualified(sales, token, **fields):
    lead = capture(sales, token, **fields)
    return sales.call("qualify_lead", token, lead_id=lead["lead_id"], version=lead["version"])


def count(room, kind):
    with room.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(kind))


class TestCaptureLead:
    @pytest.mark.spec("SAL-01")
    def test_stores_matches_and_assigns_with_the_reason(self, sales, director):
        answer = capture(sales, director)

        (lead,) = sales.rows(Lead)
        assert answer["lead_id"] == lead.id
        assert (answer["status"], answer["assignment"], answer["customer_id"]) == (
            "new",
            "rotation",
            None,
        )
        assert lead.next_action_due == sales.clock.instant.replace(day=2)
        (history,) = sales.call("lead_history", director, lead_id=lead.id)["assignments"]
        assert (history["owner_id"], history["reason"]) == (lead.owner_id, "rotation")
        assert [told["source"] for told in sales.told("sales.lead.created.v1")] == ["web"]
        assert [told["reason"] for told in sales.told("sales.lead.assigned.v1")] == ["rotation"]

    def test_tells_nothing_personal(self, sales, director):
        capture(sales, director, phone="+12025550142", message="call me", company="Ames Ltd")

        bodies = " ".join(row.body for row in sales.outbox())
        for secret in ("Ada", "ada@", "2025550142", "call me", "Ames Ltd"):
            assert secret not in bodies

    def test_forgets_who_it_is_in_the_stored_process(self, sales, director):
        capture(sales, director, phone="+12025550142", message="call me")

        (row,) = sales.rows(PROCESSES)
        assert row.status == "done"
        assert "Ada" not in row.data
        assert "2025550142" not in row.data

    def test_a_form_that_is_sent_twice_is_one_lead(self, sales, director):
        first = capture(sales, director, submission_id="form-1")
        second = capture(sales, director, submission_id="form-1")

        assert first == second
        assert count(sales, Lead) == 1

    def test_a_request_that_is_delivered_twice_is_one_lead(self, sales, director):
        assert capture(sales, director, key="k1") == capture(sales, director, key="k1")
        assert count(sales, Lead) == 1

    def test_gives_the_lead_of_a_known_customer_to_its_owner(self, sales, accounts, director):
        admin = accounts.person("admin", "admin")
        rolf = next(
            row.id for row in sales.rows(Sales.rows["staff"].table.table) if row.name == "Rolf"
        )
        known = accounts.call(
            "register_customer", admin, name="Ada Ames", email="ada@example.com", owner_id=rolf
        )
        accounts.carry_to(sales)

        answers = [capture(sales, director), capture(sales, director)]

        assert {(a["customer_id"], a["owner_id"], a["assignment"]) for a in answers} == {
            (known["customer_id"], rolf, "customer_owner")
        }
        assert len(sales.told("sales.lead.matched.v1")) == 2

    def test_keeps_a_lead_that_nobody_can_take(self, sales, director):
        answer = capture(sales, director, state="Atlantis")

        assert (answer["owner_id"], answer["assignment"]) == (None, "no_territory")
        assert sales.told("sales.lead.assigned.v1") == []
        sales.clock.pass_(days=2)
        sales.fire()
        assert [told["reminders"] for told in sales.told("sales.lead.action_overdue.v1")] == [1]

    def test_keeps_the_lead_while_accounts_is_away(self, sales, director):
        sales.runtime.link.closed = Unavailable("accounts does not answer.")

        waiting = capture(sales, director)

        assert waiting["status"] == "running"
        (lead,) = sales.rows(Lead)
        assert lead.assignment is None
        sales.runtime.link.closed = None
        assert make_due(sales) == 1
        assert sales.rows(Lead)[0].assignment.value == "rotation"

    def test_refuses_what_is_no_lead(self, sales, director):
        for wrong in (
            {"source": "Web Form"},
            {"email": "nowhere"},
            {"phone": "call me"},
            {"sex": "f"},
        ):
            with pytest.raises(Invalid):
                capture(sales, director, **wrong)

        assert sales.rows(Lead) == []


def make_due(room):
    with room.runtime.database.begin() as session:
        session.execute(PROCESSES.update().values(next_try=0.0))
    return processes.resume_due(room.runtime)


class TestAssignment:
    def test_pain_point_22_thirty_leads_are_dealt_evenly(self, sales, director):
        for number in range(30):
            capture(sales, director, name=f"Lead {number}", email=f"l{number}@example.com")

        shares = Counter(lead.owner_id for lead in sales.rows(Lead))
        assert sorted(shares.values()) == [15, 15]
        assert len(sales.rows(LeadAssignment)) == 30

    def test_stays_fair_when_many_come_at_once(self, sales, director):
        def some(start):
            for number in range(start, start + 4):
                capture(sales, director, name=f"Lead {number}", email=f"l{number}@example.com")

        threads = [threading.Thread(target=some, args=(start,)) for start in (0, 10, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        shares = Counter(lead.owner_id for lead in sales.rows(Lead))
        assert sorted(shares.values()) == [6, 6]

    def test_gives_a_lead_to_somebody_by_hand(self, sales, director):
        lead = capture(sales, director)
        other = next(
            row.id
            for row in sales.rows(Sales.rows["staff"].table.table)
            if row.id != lead["owner_id"]
        )

        given = sales.call(
            "assign_lead",
            director,
            lead_id=lead["lead_id"],
            version=lead["version"],
            owner_id=other,
        )

        assert (given["owner_id"], given["assignment"]) == (other, "manual")
        history = sales.call("lead_history", director, lead_id=lead["lead_id"])["assignments"]
        assert [(h["previous_owner_id"], h["owner_id"], h["actor"]) for h in history][-1] == (
            lead["owner_id"], other, "person:d1",
        )  # fmt: skip

    def test_refuses_strangers_stale_versions_and_reps(self, sales, director):
        lead = capture(sales, director)
        known = {"lead_id": lead["lead_id"], "version": lead["version"]}

        with pytest.raises(Invalid):
            sales.call("assign_lead", director, **known, owner_id="stranger")
        with pytest.raises(StaleVersion):
            sales.call(
                "assign_lead",
                director,
                lead_id=lead["lead_id"],
                version=99,
                owner_id=lead["owner_id"],
            )
        with pytest.raises(Forbidden):
            sales.call("assign_lead", sales.person("r1", "rep"), **known, owner_id=lead["owner_id"])
        assert len(sales.rows(LeadAssignment)) == 1


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


class TestConvertLead:
    @pytest.mark.spec("SAL-02")
    def test_makes_a_customer_a_contact_and_an_opportunity(self, sales, accounts, director):
        lead = qualified(
            sales, director, phone="(202) 555-0142", company="Ames Ltd", external_ids={"erp": "E-1"}
        )
        sales.clock.pass_(hours=5)

        done = sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)

        (customer,) = accounts.rows(Customer)
        assert (customer.id, customer.name, customer.kind, customer.phone_e164) == (
            done["customer_id"], "Ames Ltd", "organisation", "+12025550142",
        )  # fmt: skip
        assert (customer.external_ids, customer.state, customer.owner_id) == (
            {"erp": "E-1"}, "California", lead["owner_id"],
        )  # fmt: skip
        (contact,) = accounts.rows(Contact)
        assert (contact.id, contact.name, contact.email) == (
            done["contact_id"], "Ada Ames", "ada@example.com",
        )  # fmt: skip
        (touch,) = accounts.rows(Interaction)
        assert (touch.source_key, touch.kind, touch.contact_id) == (lead["id"], "web", contact.id)
        (one,) = sales.rows(Opportunity)
        assert (one.id, one.lead_id, one.customer_id, one.amount_minor, one.stage, one.owner_id) == (
            done["opportunity_id"], lead["id"], customer.id, 120_000, "prospecting", lead["owner_id"],
        )  # fmt: skip
        assert done["seconds_to_convert"] == 5 * 3600
        (told,) = sales.told("sales.lead.converted.v1")
        assert (told["seconds_to_convert"], told["customer_created"]) == (5 * 3600, True)
        (stored,) = sales.rows(Lead)
        assert (stored.status_type.value, stored.is_converting, stored.next_action_due) == (
            "converted", False, None,
        )  # fmt: skip

    def test_answers_the_same_when_asked_again(self, sales, accounts, director):
        lead = qualified(sales, director)
        first = sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)

        second = sales.call(
            "convert_lead", director, lead_id=lead["id"], **A_DEAL | {"title": "More"}
        )

        assert first == second
        assert (count(sales, Opportunity), count(accounts, Customer)) == (1, 1)

    def test_pain_point_2_the_same_person_by_every_door_is_one_customer(
        self, sales, accounts, director
    ):
        doors = ("web", "phone", "event", "import")
        leads = [qualified(sales, director, source=door) for door in doors]
        accounts.call(
            "register_customer", accounts.person("admin", "admin"), name="Ada Ames",
            email="ADA@example.com ", on_match="link",
        )  # fmt: skip

        done = [
            sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL) for lead in leads
        ]

        assert len({one["customer_id"] for one in done}) == 1
        assert len({one["contact_id"] for one in done}) == 1
        assert (count(accounts, Customer), count(accounts, Contact)) == (1, 1)
        assert (count(sales, Opportunity), count(accounts, Interaction)) == (4, 4)

    @pytest.mark.parametrize(
        "step", ["register_customer", "register_contact", "record_interaction"]
    )
    def test_makes_no_duplicate_when_an_answer_is_lost(self, sales, accounts, director, step):
        """The worst moment: accounts has done it, and sales dies before it hears so."""
        lead = qualified(sales, director)
        link = sales.runtime.link
        ask = link.call

        def lose(service, method, payload, **options):
            answer = ask(service, method, payload, **options)
            if method == step and link.asked.count(step) == 1:
                raise Unavailable("The answer was lost.")
            return answer

        link.call = lose
        waiting = sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)
        assert waiting["status"] == "running"

        make_due(sales)

        done = sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)
        assert done["opportunity_id"]
        assert (
            count(accounts, Customer),
            count(accounts, Contact),
            count(accounts, Interaction),
        ) == (1, 1, 1)
        assert (count(sales, Opportunity), len(sales.told("sales.lead.converted.v1"))) == (1, 1)

    def test_releases_the_lead_when_accounts_refuses(self, sales, director):
        lead = qualified(sales, director)
        sales.runtime.link.closed = Conflict("No.", code="accounts.customer.blocked")

        with pytest.raises(Conflict):
            sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)

        (stored,) = sales.rows(Lead)
        assert (stored.status_type.value, stored.is_converting) == ("ongoing", False)
        assert sales.rows(Opportunity) == []
        sales.runtime.link.closed = None
        assert sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)[
            "customer_created"
        ]

    def test_refuses_a_lead_that_is_not_ready(self, sales, director):
        raw = capture(sales, director)
        with pytest.raises(Conflict) as unready:
            sales.call("convert_lead", director, lead_id=raw["lead_id"], **A_DEAL)
        assert unready.value.code == "sales.lead.not_qualified"

        nobodys = qualified(sales, director, state="Atlantis")
        with pytest.raises(Conflict) as unready:
            sales.call("convert_lead", director, lead_id=nobodys["id"], **A_DEAL)
        assert unready.value.code == "sales.lead.not_assigned"
        assert sales.rows(Opportunity) == []

    def test_is_left_alone_while_it_is_being_converted(self, sales, director):
        lead = qualified(sales, director)
        sales.runtime.link.closed = Unavailable("accounts does not answer.")
        sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)
        now = sales.call("get_record", director, kind="lead", id=lead["id"])

        with pytest.raises(Conflict) as busy:
            sales.call(
                "disqualify_lead",
                director,
                lead_id=lead["id"],
                version=now["version"],
                reason="other",
            )

        assert busy.value.code == "sales.lead.being_converted"


class TestOwnerChanges:
    def changed(self, version, owner):
        return CustomerOwnerChanged(
            customer_id="c1", version=version, previous_owner_id=None, owner_id=owner,
            team_id="t2", territory_id="north", reason="manual",
        )  # fmt: skip

    @pytest.fixture
    def one(self, sales, director):
        know_customer(sales, "c1")
        return sales.call("open_opportunity", director, customer_id="c1", **A_DEAL)

    def test_records_follow_their_customer_and_the_change_is_audited(self, sales, one):
        know_customer(sales, "c1", sequence=2, owner_id="r2", team_id="t2", territory_id="north")

        sales.hear("owner_changes", self.changed(2, "r2"))

        (stored,) = sales.rows(Opportunity)
        assert (stored.owner_id, stored.team_id, stored.territory_id) == ("r2", "t2", "north")
        entry = sales.rows(AUDIT)[-1]
        assert (entry.record_id, entry.verb) == (one["id"], "updated")
        assert '"owner_id":["r1","r2"]' in entry.changes

    def test_waits_until_the_copy_knows_of_the_change(self, sales, one):
        with pytest.raises(Unavailable):
            sales.hear("owner_changes", self.changed(2, "r2"))

        assert sales.rows(Opportunity)[0].owner_id == "r1"

    def test_ends_at_the_newest_owner_in_whatever_order_the_changes_come(self, sales, one):
        know_customer(sales, "c1", sequence=3, owner_id="r3", team_id="t2", territory_id="north")

        for version, owner in ((3, "r3"), (2, "r2")):
            sales.hear("owner_changes", self.changed(version, owner))

        assert sales.rows(Opportunity)[0].owner_id == "r3"
