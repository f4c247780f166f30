"""Every table that leads to customers is handed over to who asks what we know, or it is said why not."""

from importlib import import_module

import pytest

from chassis.claiming import Claim
from chassis.disclosing import Disclosing
from chassis.leaves import MECHANISM as OWN
from chassis.rows import RpcRow
from chassis.wiping import personal, plain_table
from contracts import SERVICES
from rapport_cli.services import rows
from tests.contract.test_erasing_contacts import naming
from tests.support.seen import MECHANISM, concerned, tables

FOLLOWERS = tuple(one for one in SERVICES if one != "accounts")
# What every service has beside its records: how it is asked, told and found again, kept for a time.
BESIDE = {
    "aliases": "old ids: the file says them at its head",
    "audit_seals": "links of the chain over the trail, about nobody",
    "copy_states": "how far a copy is",
    "erased_customers": "who was erased is refused",
    "followings": "ids and counts: what was done for a merge or an erasure",
    "idempotency": "answers of three days, out of what is handed over",
    "inbox": "ids of what was heard",
    "outbox": "what was told of what is handed over; gone when the broker has it",
    "processes": "what a step remembers of what is handed over",
    "timers": "when something is due of what is handed over",
}
# What tells of persons, and of no customer.
OF_OTHERS = {
    "absences": "our own people",
    "agent_devices": "our own people",
    "campaigns": "words of ours",
    "custom_fields": "definitions of the house",
    "desk_staff_refs": "our own people",
    "erased_identities": "who is being erased is refused",
    "exports": "which lists left: who stood in them nobody knows",
    "segments": "words of ours",
    "staff": "our own people",
    "staff_refs": "our own people",
    "telephony_staff_refs": "our own people",
}
OF_ANOTHER_CONTACT = {"contacts.reports_to_id"}  # who reports to somebody is another
HANDED_OVER_WITH_RECORDS = {"audit", "audit_values"}
# Names of columns that make one ask whether it is a secret, or only the mechanism's.
SUSPICIOUS = ("token", "hash", "salt", "lease", "reversed", "fingerprint", "_key", "secret")
MEANT = {
    "source_key": "how the source calls a touch",
    "line_key": "how the ERP calls a line",
    "sha256": "of a file",
}


def disclosing(service: str) -> Disclosing:
    """Return what a service hands over."""
    module = "reads.disclosing" if service == "accounts" else "processes.following"
    found: Disclosing = import_module(f"services.{service}.{module}").DISCLOSING
    return found


def handed_over(service: str) -> set[str]:
    """Return the tables of which a service hands rows over."""
    return {plain_table(one.table).name for one in disclosing(service).parts}


@pytest.mark.parametrize("service", SERVICES)
class TestEveryTableIsDecided:
    """Nobody can say what is kept of a person (pain point 24): a new table that nobody thinks of."""

    def test_each_is_handed_over_or_left_out_for_a_reason(self, service: str) -> None:
        decided = handed_over(service) | disclosing(service).left_out.keys()

        assert concerned()[service] - decided == set()

    def test_what_is_personal_is_handed_over_or_left_out_for_a_reason(self, service: str) -> None:
        told = {name for name, one in tables(service).items() if personal(one)}
        decided = handed_over(service) | disclosing(service).left_out.keys()

        assert told - decided - MECHANISM - OF_OTHERS.keys() == set()

    def test_what_names_a_contact_is_handed_over_to_a_contact_alone(self, service: str) -> None:
        parts = [one for one in disclosing(service).parts if one.names_contacts]
        found = {f"{one.root.name}.{one.person}" for one in parts}

        assert naming(service) - found == OF_ANOTHER_CONTACT & naming(service)
        assert all("entity_id" in one.root.c for one in parts)

    def test_no_reason_is_given_for_nothing(self, service: str) -> None:
        found = disclosing(service)

        assert found.left_out.keys() - concerned()[service] == set()
        assert found.left_out.keys() & handed_over(service) == set()

    def test_what_stands_beside_the_records_is_decided_too(self, service: str) -> None:
        ours = HANDED_OVER_WITH_RECORDS | handed_over(service) | BESIDE.keys()
        if service != "accounts":
            ours |= {"files", "file_pieces", "moved"}  # of nobody's customers; images by ids

        assert MECHANISM - ours == set()

    def test_no_secret_and_nothing_of_the_mechanism_is_handed_over(self, service: str) -> None:
        internal = disclosing(service).internal | OWN
        shown = {
            column.key
            for part in disclosing(service).parts
            for column in plain_table(part.table).columns
            if column.key not in internal
        }

        assert {
            one for one in shown - MEANT.keys() if any(word in one for word in SUSPICIOUS)
        } == set()

    def test_the_row_is_the_same_everywhere_and_takes_a_right_of_its_own(
        self, service: str
    ) -> None:
        row = rows(service)["customer_data"]

        assert isinstance(row, RpcRow)
        assert row.needs == "privacy.disclose"
        assert set(row.accepts.fields) == {
            "customer_id",
            "contact_id",
            "identities",
            "after",
            "limit",
        }


@pytest.mark.parametrize("service", FOLLOWERS)
class TestWhatHangsOnNobody:
    def test_is_looked_for_by_the_matcher_of_the_erasure(self, service: str) -> None:
        follower = import_module(f"services.{service}.processes.following").FOLLOWER
        claims: tuple[Claim, ...] = follower.erasing.claims

        assert disclosing(service).claims == claims
        roots = {one.root.name for one in disclosing(service).parts}
        assert {plain_table(one.table).name for one in claims} <= roots
