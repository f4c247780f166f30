"""Every table that tells about customers is wiped by an erasure, or stays for a reason (pain point 24)."""

from importlib import import_module

import pytest

from chassis import migrate
from chassis.erasures import Erasing
from chassis.rows import Copy
from chassis.tables import Base
from chassis.wiping import personal, plain_table
from rapport_cli.services import rows

FOLLOWERS = ("sales", "service_desk", "marketing", "telephony", "analytics")
BY_CHASSIS = {
    "moved": "by chassis.forgetting, by the ids that it holds",
    "followings": "ids and counts: what was done",
    "files": "of whoever uploaded them; no service but accounts ties one to a customer",
}
STAYS = {
    "sales": {
        "staff_refs": "our own people",
        "quotes": "ids and amounts: the books",
    },
    "service_desk": {"desk_staff_refs": "our own people"},
    "marketing": {
        "campaigns": "words of ours, about nobody",
        "segments": "words of ours, about nobody",
        "orders_seen": "ids and amounts",
        "sends": "ids; the address is never kept",
        "marketing_consent_refs": "ids: what was allowed",
    },
    "telephony": {
        "telephony_staff_refs": "our own people",
        "agent_devices": "our own people",
    },
    "analytics": {
        "customer_scores": "ids and figures",
        "customer_standings": "ids and figures",
        "lead_links": "ids",
        "lead_signals": "ids and signs",
    },
}
SAYS_WHO = {"customer_id", "subject_id"}  # columns that hold the id of a customer


def _erasing(service: str) -> Erasing:
    following = import_module(f"services.{service}.processes.following")
    erasing: Erasing = following.FOLLOWER.erasing
    return erasing


def _copies(service: str) -> set[str]:
    return {plain_table(one).name for one in _erasing(service).copies}


def _concerned(service: str) -> set[str]:
    mine = migrate.tables_of(service)
    return {
        table.name
        for table in Base.metadata.sorted_tables
        if table.name in mine and (personal(table) or not SAYS_WHO.isdisjoint(table.columns.keys()))
    }


@pytest.mark.parametrize("service", FOLLOWERS)
class TestEveryTableIsDecided:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    def test_each_is_wiped_or_stays_for_a_reason(self, service: str) -> None:
        wiped = {plain_table(one.table).name for one in _erasing(service).wipes}
        decided = wiped | _copies(service) | set(BY_CHASSIS) | set(STAYS[service])

        assert _concerned(service) - decided == set()

    def test_no_reason_is_given_for_nothing(self, service: str) -> None:
        assert set(STAYS[service]) - _concerned(service) == set()

    def test_the_copy_of_the_customer_is_waited_for(self, service: str) -> None:
        kept = {
            plain_table(row.table.table).name
            for row in rows(service).values()
            if isinstance(row, Copy) and row.table.of.noun == "customer"
        }

        assert kept == _copies(service)
