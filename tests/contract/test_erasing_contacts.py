"""Whatever names a contact, or may say one, is wiped when one is erased alone, or stays for a reason."""

from importlib import import_module

import pytest

from chassis import migrate
from chassis.erasures import Erasing
from chassis.tables import Base
from chassis.wiping import Wipe, personal, plain_table
from services.accounts.reads import belongings, erasing, erasing_contacts

FOLLOWERS = ("sales", "service_desk", "marketing", "telephony", "analytics")
CONTACT = "contact_id"
# Columns that name a contact and are not emptied, and why.
STAYS_NAMED = {
    "contacts.reports_to_id": "those who reported to somebody report to nobody: usecases.erasing_contacts",
    "privacy_requests.contact_id": "an id: who asked",
}
# Tables with words about a customer that are not looked through for a contact's name, and why.
STAYS_UNREAD = {
    "accounts": {
        "assets": "of products",
        "behaviour_facts": "figures of the customer",
        "consent_requests": "of the customer; a token",
        "contacts": "of other contacts: each describes itself",
        "customer_tags": "the house's own words on the customer",
        "departments": "parts of a house",
        "members": "a card of the customer",
        "search_terms": "written anew from names; the contact's own go",
        "sensitive_values": "of the customer alone, never shown beside it",
    },
    "sales": {"orders": "where it went: to the customer"},
    "service_desk": {},
    "marketing": {"profiles": "what the copy of the customer says"},
    "telephony": {},
    "analytics": {},
}


def _tables(wipes: tuple[Wipe, ...]) -> set[str]:
    return {plain_table(one.table).name for one in wipes}


def _erasing(service: str) -> Erasing:
    if service == "accounts":
        return Erasing(erasing.WIPES, said=erasing_contacts.SAID)
    following = import_module(f"services.{service}.processes.following")
    found: Erasing = following.FOLLOWER.erasing
    return found


def naming(service: str) -> set[str]:
    """Return the columns that hold the id of a contact."""
    mine = migrate.tables_of(service)
    found = {
        f"{table.name}.{CONTACT}"
        for table in Base.metadata.sorted_tables
        if table.name in mine and CONTACT in table.columns
    }
    return found | (erasing_contacts.naming() if service == "accounts" else set())


class TestEveryPlaceIsDecided:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    @pytest.mark.parametrize("service", ["accounts", *FOLLOWERS])
    def test_each_column_that_names_a_contact(self, service: str) -> None:
        wipes = erasing_contacts.OF_CONTACT if service == "accounts" else _erasing(service).contacts
        emptied = {name for name in naming(service) if name.partition(".")[0] in _tables(wipes)}

        assert naming(service) - emptied - STAYS_NAMED.keys() == set()

    @pytest.mark.parametrize("service", ["accounts", *FOLLOWERS])
    def test_each_table_that_holds_words_about_a_customer(self, service: str) -> None:
        found = _erasing(service)
        wordy = {
            plain_table(one.table).name for one in found.wipes if personal(plain_table(one.table))
        }
        unread = wordy - _tables(found.said)

        assert unread == set(STAYS_UNREAD[service])

    def test_what_accounts_wipes_with_a_customer_is_all_that_refers_to_one(self) -> None:
        assert {str(column.table) for _, column in belongings.foreign_keys()} <= _tables(
            erasing.WIPES
        )
