"""Somebody asks to be forgotten, and accounts keeps nothing of this person (pain point 24)."""

import pytest

from chassis import migrate
from chassis.errors import Conflict, NotFound
from chassis.tables import Base
from chassis.wiping import personal
from contracts.sales import OrderPlaced
from services.accounts.reads import belongings, erasing
from tests.support.accounts import Desk, a_customer, a_file, a_row
from tests.support.merging import FOLLOWERS, merge, two
from tests.support.persons import (
    NAME,
    a_known_person,
    erase,
    followed,
    found_in,
    settle_merges,
    verified,
)
from tests.support.trail import verdict

# Columns that hold the id of a customer, or of a record of one.
SAYS_WHO = {"customer_id", "other_id", "winner_id", "now_id", "record_id"}


@pytest.fixture
def known(desk: Desk) -> str:
    """A person about whom something stands in every place of accounts."""
    customer_id = a_known_person(desk)
    settle_merges(desk)
    return customer_id


def _an_order(customer_id: str) -> OrderPlaced:
    return OrderPlaced(
        order_id="o-1", version=1, external_system="erp", external_id="E-1", revision=1,
        customer_id=customer_id, ordered_on="2024-05-06", currency="USD", total_minor=1,
        line_count=0, lines=(), status="placed",
    )  # fmt: skip


class TestNothingIsLeft:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    def test_there_is_something_to_forget_in_every_place(self, desk: Desk, known: str) -> None:
        places = {one.partition(".")[0] for one in found_in(desk.runtime.database.engine)}

        assert places >= {
            "assets", "audit_values", "contact_points", "contacts", "customers", "departments",
            "exports", "external_ids", "file_pieces", "flags", "idempotency", "import_keys",
            "import_refusals", "interactions", "meeting_series", "members", "merged_customers",
            "merges", "search_terms", "traits",
        }  # fmt: skip

    def test_no_table_holds_the_person_afterwards(self, desk: Desk, known: str) -> None:
        followed(desk, erase(desk, known), *FOLLOWERS)

        assert found_in(desk.runtime.database.engine) == []

    def test_until_all_have_answered_one_table_holds_how_it_was_known(
        self, desk: Desk, known: str
    ) -> None:
        request_id = erase(desk, known)

        followed(desk, request_id, *FOLLOWERS[:-1])

        assert found_in(desk.runtime.database.engine) == ["erased_identities.value"]

    def test_the_trail_still_says_who_did_what_and_is_whole(self, desk: Desk, known: str) -> None:
        before = desk.count("audit")

        erase(desk, known)

        assert desk.count("audit") > before
        assert desk.count("audit", f"WHERE record_id = '{known}' AND verb = 'erased'") >= 1
        assert verdict(desk.runtime.database).faults == []

    def test_others_keep_what_is_theirs(self, desk: Desk, known: str) -> None:
        other = a_customer(desk, name="Olga Other", email="olga@other.org")["customer_id"]
        desk.ask("register_contact", customer_id=other, name="Her Sister")

        erase(desk, known)

        assert desk.count("customers") == 1
        assert desk.count("contacts", f"WHERE customer_id = '{other}'") == 1
        assert desk.ask("identify", email="olga@other.org")["customers"] != []


class TestWordsOfEveryScript:
    """Capitals of every script are found, whatever the database makes of them."""

    def test_a_refused_row_and_a_note_are_emptied(self, desk: Desk) -> None:
        name, again = "Зоя Ёлкина", "ЗОЯ ЁЛКИНА"
        desk.imported(
            a_file(a_row(1, name=name), a_row(2, name=again, email="?"), a_row(3, email="?"))
        )
        for note in (f"for {name}", f"for {again}", "for nobody"):
            desk.ask("start_export", note=note)
        desk.run()
        person = desk.ask("find_records", kind="customer")["items"][0]["id"]

        erase(desk, person)

        with desk.runtime.database.engine.connect() as connection:
            raw = connection.exec_driver_sql("SELECT raw FROM import_refusals ORDER BY number")
            emptied = [bytes(row[0]) == b"" for row in raw]
            notes = connection.exec_driver_sql("SELECT note FROM exports ORDER BY created_at, id")
            left = [row[0] for row in notes]
        assert (emptied, left) == ([True, False], [None, None, "for nobody"])


class TestWhatComesLate:
    """Who was erased does not come back."""

    def test_a_command_is_refused(self, desk: Desk, known: str) -> None:
        followed(desk, erase(desk, known), *FOLLOWERS)

        with pytest.raises(Conflict) as refused:
            desk.ask("register_contact", customer_id=known, name=NAME)

        assert refused.value.code == "accounts.customer.erased"
        assert found_in(desk.runtime.database.engine) == []

    def test_an_event_is_passed_over(self, desk: Desk, known: str) -> None:
        erase(desk, known)
        before = desk.count("interactions")

        desk.hear("sales_made", _an_order(known))

        assert desk.count("interactions") == before
        assert desk.count("bought_orders") == 0

    def test_the_merge_cannot_be_undone(self, desk: Desk, known: str) -> None:
        (one,) = desk.ask("find_records", kind="merge")["items"]
        erase(desk, known)
        version = desk.ask("merge_status", merge_id=one["id"])["version"]

        with pytest.raises((Conflict, NotFound)):
            desk.ask("unmerge_customers", merge_id=one["id"], version=version)

        assert desk.count("customers") == 0


class TestTheRequest:
    """A request has states, and an erasure a certificate."""

    def test_it_waits_for_a_merge(self, desk: Desk) -> None:
        winner, loser = two(desk)
        merge(desk, winner, loser)
        request = verified(desk, winner, "erasure")

        with pytest.raises(Conflict) as refused:
            desk.ask("erase_customer", request_id=request["id"], version=request["version"])

        assert refused.value.code == "accounts.privacy.merge_open"
        assert desk.count("erased_customers") == 0

    def test_nobody_is_erased_who_was_not_verified(self, desk: Desk) -> None:
        customer = a_customer(desk)["customer_id"]
        request = desk.ask("receive_request", customer_id=customer, kind="erasure")

        with pytest.raises(Conflict) as refused:
            desk.ask("erase_customer", request_id=request["id"], version=request["version"])

        assert refused.value.code == "accounts.privacy.state"
        assert desk.count("customers") == 1

    def test_it_is_done_when_the_last_service_has_answered(self, desk: Desk, known: str) -> None:
        request_id = erase(desk, known)
        *first, last = FOLLOWERS

        followed(desk, request_id, *first)
        half = desk.ask("erasure_certificate", request_id=request_id)
        followed(desk, request_id, last)
        whole = desk.ask("erasure_certificate", request_id=request_id)

        assert (half["status"], half["missing"]) == ("running", [last])
        assert (whole["status"], whole["missing"]) == ("done", [])
        assert whole["services"]["sales"] == {"row": 2}
        assert whole["services"]["accounts"]["customers"] == 1
        (told,) = desk.told("accounts.erasure.completed.v1")
        assert told["counts"]["sales"] == 2

    def test_a_second_request_of_a_kind_is_refused_while_one_is_open(self, desk: Desk) -> None:
        customer = a_customer(desk)["customer_id"]
        desk.ask("receive_request", customer_id=customer, kind="access")

        with pytest.raises(Conflict) as refused:
            desk.ask("receive_request", customer_id=customer, kind="access")

        assert refused.value.code == "accounts.privacy.open"
        assert desk.count("privacy_requests") == 1


class TestEveryTableIsDecided:
    """A table that tells about customers needs a decision."""

    def test_each_one_is_wiped_or_stays_for_a_reason(self) -> None:
        concerned = {
            table.name
            for table in Base.metadata.sorted_tables
            if personal(table) or not SAYS_WHO.isdisjoint(table.columns.keys())
        }
        concerned |= {str(column.table) for _, column in belongings.foreign_keys()}

        undecided = concerned & migrate.tables_of("accounts") - erasing.touched()

        assert undecided - set(erasing.STAYS) == set()
