"""Nothing is written past the audit trail unless it is said here why (pain point 18)."""

from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from chassis.tables import Base, CopyRecord, Record
from contracts import SERVICES
from tests.support.bypasses import bypasses

ROOT = Path(__file__).parents[2]
LEDGER = "It is only ever added to, with its instant and its actor: it is a trail itself."
VERDICT = "What became of a row of a file: whose it was, and when, says the import."
CLOCK = "What the clock is worked out from: who and when is in the case's history."
TOLD = "What the exchange told of a call, which keeps what follows from it."
DERIVED = "It is worked out from records that have a trail, and can be worked out again."
ELSEWHERE = "It is kept of what another service tells, whose record has the trail."
TIMER = "A timer of the chassis, which is no record."
WAY = "The way to a customer, whose own external_ids and further_ids say the same."
SENSITIVE = "A sensitive value is in no trail; that there is one, or was, says the attribute's own."

# file:function -> why the statement that it makes owes no row of the trail
BYPASSES = {
    "accounts/reads/allocations.py:turns": "A counter: whom each customer went to says its batch.",
    "accounts/reads/assets.py:order": ELSEWHERE,
    "accounts/reads/identities.py:forget": (
        "How somebody was known who was erased: when that was says the certificate."
    ),
    "accounts/reads/pools.py:count_of": "A counter: each claim is in the ledger.",
    "accounts/reads/pools.py:dealings": ELSEWHERE,
    "accounts/usecases/allocations.py:_insert": (
        "Verdicts of a batch, whose record counts; each change of owner is in the ledger."
    ),
    "accounts/usecases/attachments.py:attach_file": (
        "The file's own record says who brought it, and when it ceased to expire."
    ),
    "accounts/usecases/drop_timers.py:arm_new": TIMER,
    "accounts/usecases/following.py:note": "What a service answered, for the merge that keeps count.",
    "accounts/usecases/import_batches.py:_insert": (
        "Verdicts, keys and images of an import, and the ways to its customers, whose rows are written."
    ),
    "accounts/usecases/imports.py:stop_import": (
        "A mark that names who made it; that the import has stopped is a change of its record."
    ),
    "accounts/usecases/keys.py:untag": "The way to a customer, whose own tags say the same.",
    "accounts/usecases/keys.py:remove_external_id": WAY,
    "accounts/usecases/numbering.py:take_numbers": "A counter: the number stands on the record.",
    "accounts/usecases/ownership.py:follow": (
        "Whose contacts and interactions are follows from the customer, whose own change says it."
    ),
    "accounts/usecases/pools.py:_take": "The condition of a claim; the claim itself is a change.",
    "accounts/usecases/reverts.py:_free_keys": WAY,
    "accounts/usecases/reverts.py:_remove": (
        "The ways to a customer that is removed, which says what it was; and its first owner."
    ),
    "accounts/usecases/reverts.py:forget_images": "What was kept to take an import back, for a time.",
    "accounts/usecases/search.py:_insert": DERIVED,
    "accounts/usecases/search.py:_rewrite_keys": DERIVED,
    "accounts/usecases/search.py:forget": DERIVED,
    "accounts/usecases/search.py:index_changed": DERIVED,
    "accounts/usecases/tiers.py:note_tier": (
        "A rank in the same tier: it names the score, a record of analytics, that says it."
    ),
    "accounts/usecases/traits.py:_take_away": SENSITIVE,
    "analytics/reads/leads.py:link": DERIVED,
    "analytics/reads/leads.py:locked_signal": DERIVED,
    "analytics/usecases/monitor.py:_forget": "Comparisons of the warehouse that are too old.",
    "analytics/usecases/schedule.py:wake": TIMER,
    "analytics/usecases/scores.py:finish_run": DERIVED,
    "analytics/usecases/scores.py:store_run": DERIVED,
    "marketing/reads/campaigns.py:freeze_members": "Who was in the segment when its campaign began.",
    "marketing/usecases/audience.py:held": ELSEWHERE,
    "marketing/usecases/audience.py:tag_customer": "It leaves its row by itself, as untagging does.",
    "sales/reads/leads.py:turns": "A counter: each assignment is in the ledger.",
    "sales/usecases/scores.py:note_score": ELSEWHERE,
    "service_desk/usecases/numbering.py:take_number": "A counter: the number stands on the case.",
    "telephony/usecases/calls.py:_note": TOLD,
    "telephony/usecases/pops.py:_note": TOLD,
}
TWICE = ("accounts/usecases/numbering.py:take_numbers",)  # one for each kind of database
# table -> why it is no record, and so leaves no row of the trail when it is flushed
BESIDE = {
    "acknowledgements": "What each service answered, with its instant: nobody decides it.",
    "allocation_items": "What became of a customer of a batch: who ordered it says the batch.",
    "allocation_turns": "A counter: whom each customer went to says its batch.",
    "asset_orders": ELSEWHERE,
    "bought_orders": ELSEWHERE,
    "claim_counts": "A counter: each claim is in the ledger.",
    "claims": LEDGER,
    "customer_tags": "The way to a customer, whose own tags say the same.",
    "dealings": "Counted of what sales tells; that a drop was warned of is told by an event.",
    "erased_identities": "How somebody was known, until all have erased: the request says when.",
    "external_ids": WAY,
    "import_images": "What customers were before an import, for a time; their own changes say it too.",
    "interaction_files": "Which files belong to it: who brought each, and when, says the file.",
    "merge_members": "Who is in a merge: who began it, and when, says the merge.",
    "ownerships": LEDGER,
    "search_terms": DERIVED,
    "sensitive_values": SENSITIVE,
    "stage_changes": LEDGER,
    "survey_answers": ELSEWHERE,
    "series": "A counter: the number stands on the record.",
    "import_keys": "Keys of a file, while it is imported.",
    "import_refusals": VERDICT,
    "import_rows": VERDICT,
    "lead_links": DERIVED,
    "lead_signals": DERIVED,
    "warehouse_checks": "What the monitor found: nobody decides it.",
    "customer_standings": DERIVED,
    "campaign_members": "Who was in the segment: who launched it, and when, says the campaign.",
    "orders_seen": ELSEWHERE,
    "profiles": ELSEWHERE,
    "profile_tags": "Its use cases leave its rows by themselves.",
    "lead_assignments": LEDGER,
    "lead_scores": ELSEWHERE,
    "lead_turns": "A counter: each assignment is in the ledger.",
    "stage_stays": "How long it stood there: who moved it says the opportunity.",
    "case_calendars": CLOCK,
    "case_changes": LEDGER,
    "case_milestones": DERIVED,
    "case_notes": LEDGER,
    "case_numbers": "A counter: the number stands on the case.",
    "case_clock_entries": CLOCK,
    "survey_scores": "Part of an answer that is given once; the survey's own change says when.",
    "call_deliveries": TOLD,
    "call_events": TOLD,
    "call_screens": "What an agent sees while it rings; forgotten when the call has been told.",
}


def rooms() -> Iterator[Path]:
    """Name the folders in which a service writes."""
    for service in SERVICES:
        for room in ("usecases", "processes", "reads"):
            yield ROOT / "services" / service / room


def beside() -> set[str]:
    """Name the services' tables that are neither records nor copies."""
    for service in SERVICES:
        import_module(f"services.{service}.tables")
    return {
        mapper.class_.__tablename__
        for mapper in Base.registry.mappers
        if mapper.class_.__module__.startswith("services.")
        and not issubclass(mapper.class_, Record | CopyRecord)
    }


class TestPainPoint18NoBypass:
    """Audit holes (pain point 18): a write past the trail has a reason, or there is none."""

    def test_every_statement_past_the_flush_says_why(self) -> None:
        found = bypasses(ROOT / "services", rooms())

        assert found == Counter(BYPASSES.keys()) + Counter(TWICE)

    def test_every_table_beside_the_records_says_why(self) -> None:
        assert beside() == set(BESIDE)
