"""Every column that names one of the staff: given away when he hands over, or a reason why not."""

import importlib
import re

import pytest

from chassis.leaving import Leaver
from chassis.migrate import tables_of
from chassis.tables import Base

NAMES_STAFF = re.compile(r"(^|_)(staff|owner|assignee|agent|accused|handler|substitute)_ids?$")
FOLLOWS = "goes with its customer, by the change of owner"
BEFORE = "what was before, and stays written"
SETTING = "a setting: who is not active is passed over"
FILES = "of whoever put it in, and deleted after days"
COPY = "accounts' word, copied"
DECIDED = {
    "accounts": {
        "absences.staff_id": BEFORE,
        "absences.substitute_id": SETTING,
        "allocation_items.owner_id": BEFORE,
        "allocation_items.previous_owner_id": BEFORE,
        "allocation_turns.staff_id": SETTING,
        "allocations.from_staff_id": BEFORE,
        "allocations.owner_id": BEFORE,
        "claim_counts.staff_id": BEFORE,
        "claims.staff_id": BEFORE,
        "contacts.owner_id": FOLLOWS,
        "customers.owner_id": "what the hand-over deals out",
        "exports.owner_id": FILES,
        "files.owner_id": FILES,
        "flags.owner_id": FOLLOWS,
        "interactions.owner_id": FOLLOWS,
        "merges.owner_id": "of whom the winner was when it was merged",
        "ownership_caps.staff_ids": SETTING,
        "ownerships.owner_id": BEFORE,
        "ownerships.previous_owner_id": BEFORE,
        "privacy_requests.handler_id": "anybody who may takes it further",
    },
    "sales": {
        "customer_refs.owner_id": COPY,
        "files.owner_id": FILES,
        "lead_assignments.owner_id": BEFORE,
        "lead_assignments.previous_owner_id": BEFORE,
        "lead_turns.staff_id": SETTING,
    },
    "service_desk": {
        "case_changes.assignee_id": BEFORE,
        "cases.accused_id": BEFORE,
        "desk_customer_refs.owner_id": COPY,
        "escalation_steps.staff_id": SETTING,
        "files.owner_id": FILES,
    },
    "telephony": {
        "agent_devices.staff_id": SETTING,
        "call_deliveries.agent_id": BEFORE,
        "calls.agent_id": BEFORE,
        "files.owner_id": FILES,
        "telephony_customer_refs.owner_id": COPY,
    },
    "marketing": {
        "files.owner_id": FILES,
    },
    "analytics": {
        "analytics_customer_refs.owner_id": COPY,
        "customer_scores.owner_id": FOLLOWS,
        "files.owner_id": FILES,
        "lead_ratings.owner_id": "goes with its lead, by the change of who has it",
    },
}
LEAVERS = ("sales", "service_desk", "telephony")


def naming(service: str) -> set[str]:
    """Return the columns of a service that name one of the staff."""
    return {
        f"{name}.{column.name}"
        for name in tables_of(service)
        for column in Base.metadata.tables[name].columns
        if NAMES_STAFF.search(column.name)
    }


def held(service: str) -> set[str]:
    """Return the columns that a service gives away."""
    if service not in LEAVERS:
        return set()
    module = importlib.import_module(f"services.{service}.processes.leaving")
    leaver: Leaver = module.LEAVER
    return {f"{one.table.__tablename__}.{one.column}" for one in leaver.holdings}


@pytest.mark.parametrize("service", sorted(DECIDED))
class TestWhatNamesTheStaff:
    def test_is_given_away_or_has_a_reason_not_to_be(self, service):
        assert naming(service) == held(service) | set(DECIDED[service])

    def test_is_decided_once(self, service):
        assert not held(service) & set(DECIDED[service])
