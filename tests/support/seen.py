"""Where each fact about customers is seen on the 360° card, table by table, or why it is none."""

from collections.abc import Iterable, Mapping
from importlib import import_module

from sqlalchemy import Table

from chassis import migrate
from chassis.tables import Base
from chassis.wiping import plain_table
from contracts import SERVICES
from rapport_cli.services import rows
from services.accounts.reads import erasing

FOLLOWERS = tuple(one for one in SERVICES if one != "accounts")
LEADS_TO_CUSTOMERS = {"customer_id", "subject_id", "winner_id", "now_id"}
KEYED_BY_A_LEAD = {"lead_ratings"}

# service -> table -> section of a service's card in which it is seen
SEEN: Mapping[str, Mapping[str, str]] = {
    "accounts": {
        "assets": "accounts.assets.items",
        "behaviour_facts": "accounts.traits.behaviour",
        "bought_orders": "sales.orders.last",
        "claims": "accounts.ownership.history",
        "consents": "accounts.consents.items",
        "contact_points": "accounts.contact_points.items",
        "contacts": "accounts.contacts.items",
        "customer_tags": "accounts.profile.customer.tags",
        "customers": "accounts.profile.customer",
        "dealings": "sales.opportunities.open",  # counted; a warning: ownership.drop_warned_at
        "departments": "accounts.organisation.departments",
        "external_ids": "accounts.external_ids.items",
        "flags": "accounts.flags.items",
        "interactions": "accounts.interactions.items",
        "meeting_series": "accounts.organisation.meetings",
        "members": "accounts.loyalty.member",
        "ndas": "accounts.confidentiality.items",
        "ownerships": "accounts.ownership.history",
        "relationships": "accounts.relationships.items",
        "shared_customers": "accounts.ownership.shared",
        "stage_changes": "accounts.profile.customer.stage",
        "survey_answers": "service_desk.surveys.last",
        "traits": "accounts.traits.items",
    },
    "sales": {
        "leads": "sales.leads.items",
        "lead_scores": "analytics.leads.items",
        "opportunities": "sales.opportunities.open",  # and closed
        "orders": "sales.orders.last",
        "order_lines": "accounts.assets.items",
        "quotes": "sales.quotes.items",
    },
    "service_desk": {
        "cases": "service_desk.cases.last",
        "surveys": "service_desk.surveys.last",
        "survey_scores": "service_desk.surveys.last",
    },
    "marketing": {
        "memberships": "marketing.segments.items",
        "orders_seen": "sales.orders.last",
        "profile_tags": "marketing.segments.tags",
        "responses": "marketing.responses.items",
        "sends": "marketing.touches.items",
        "suppressions": "marketing.consent.unsubscribed_at",
    },
    "telephony": {
        "callbacks": "telephony.callbacks.closed",  # settled by a call; items: those that wait
        "calls": "telephony.calls.items",
    },
    "analytics": {
        "customer_scores": "analytics.history.items",
        "customer_standings": "analytics.score.tier",
        "lead_ratings": "analytics.leads.items",
    },
}  # fmt: skip

_COPY = "a copy: accounts owns it, and shows it"
_CASE = "how the case got where it is: service_desk.case_file"
_CALL = "how the call got where it is: telephony.call_history"
_FILE = "what became of a file: import_verdicts"
_MERGE = "how records became one: merge_status"
NO_FACT: Mapping[str, Mapping[str, str]] = {
    "accounts": {
        "allocation_items": "what became of a batch; whose the customer is now is ownership",
        "asset_orders": "ids: which orders are in the installed base",
        "consent_requests": "a question of seven days; the answer is a consent",
        "custom_index": "found by; the values stand in the profile",
        "import_images": _FILE,
        "import_keys": _FILE,
        "import_refusals": _FILE,
        "import_rows": _FILE,
        "interaction_files": "of an interaction that is shown: interaction_files",
        "merge_members": _MERGE,
        "merged_customers": _MERGE,
        "merges": _MERGE,
        "privacy_requests": "only for who handles them: privacy_requests",
        "search_terms": "found by; made from what is shown",
        "sensitive_values": "only for who may: sensitive_traits_of, with the customer's consent",
    },
    "sales": {
        "customer_refs": _COPY,
        "lead_assignments": "who had the lead before, beside the lead that is shown",
        "quote_lines": "of a quote that is shown with its sum",
        "stage_stays": "how the opportunity got where it is",
    },
    "service_desk": {
        "case_calendars": _CASE,
        "case_changes": _CASE,
        "case_clock_entries": _CASE,
        "case_milestones": _CASE,
        "case_notes": _CASE,
        "desk_customer_refs": _COPY,
    },
    "marketing": {
        "campaign_members": "who is chosen; what was done about it is a send",
        "marketing_consent_refs": _COPY,
        "marketing_customer_refs": _COPY,
        "profiles": "worked out from copies and orders; what it decides are memberships",
    },
    "telephony": {
        "call_deliveries": _CALL,
        "call_events": _CALL,
        "call_screens": "what an agent was shown: this card",
        "telephony_customer_refs": _COPY,
    },
    "analytics": {
        "analytics_customer_refs": _COPY,
        "lead_links": "ids: whose lead it is",
        "lead_signals": "what a rating was concluded from: its reasons are shown",
    },
}
# Every service has these: what was told, asked and done, and never the only place of a fact.
MECHANISM = {
    "aliases", "audit", "audit_seals", "audit_values", "copy_states", "erased_customers",
    "file_pieces", "files", "followings", "idempotency", "inbox", "moved", "outbox", "processes",
    "timers",
}  # fmt: skip


def tables(service: str) -> dict[str, Table]:
    """Return the tables of a service by name."""
    rows(service)  # loads them
    return {name: Base.metadata.tables[name] for name in migrate.tables_of(service)}


def concerned() -> dict[str, set[str]]:
    """Return the tables of every service that lead to a customer, however long the way."""
    all_ = {service: tables(service) for service in SERVICES}
    found = {service: _directly(service, all_[service]) for service in SERVICES}
    before = -1
    while before != (before := sum(map(len, found.values()))):
        keys = {f"{_singular(name)}_id" for names in found.values() for name in names}
        for service, mine in all_.items():
            found[service] |= {
                name
                for name, table in mine.items()
                if name not in MECHANISM and _leads_to(table, keys, found[service])
            }
    return found


def _directly(service: str, mine: Mapping[str, Table]) -> set[str]:
    known = {
        name for name, table in mine.items() if not LEADS_TO_CUSTOMERS.isdisjoint(table.c.keys())
    }
    return (known | _wiped(service) | (KEYED_BY_A_LEAD & mine.keys())) - MECHANISM


def _wiped(service: str) -> set[str]:
    if service == "accounts":
        return {"customers", *erasing.touched()}
    follower = import_module(f"services.{service}.processes.following").FOLLOWER
    wiped = [one.table for one in (*follower.kinds, *follower.erasing.wipes)]
    return {plain_table(one).name for one in (*wiped, *follower.erasing.copies)}


def _leads_to(table: Table, keys: Iterable[str], found: Iterable[str]) -> bool:
    return not set(keys).isdisjoint(table.c.keys()) or any(
        key.column.table.name in found for key in table.foreign_keys
    )


def _singular(name: str) -> str:
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")
