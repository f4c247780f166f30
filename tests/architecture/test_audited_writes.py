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

# file:function -> why the statement that it makes owes no row of the trail
BYPASSES = {
    "accounts/usecases/import_rows.py:_insert": "Verdicts and keys of an import, whose record counts.",
    "accounts/usecases/imports.py:forget_file": "Pieces of a file that expired.",
    "accounts/usecases/numbering.py:take_numbers": "A counter: the number stands on the record.",
    "accounts/usecases/ownership.py:follow": (
        "Whose contacts and interactions are follows from the customer, whose own change says it."
    ),
    "accounts/usecases/tiers.py:note_tier": (
        "A rank in the same tier: it names the score, a record of analytics, that says it."
    ),
    "analytics/reads/leads.py:link": DERIVED,
    "analytics/reads/leads.py:locked_signal": DERIVED,
    "analytics/usecases/monitor.py:_forget": "Comparisons of the warehouse that are too old.",
    "analytics/usecases/schedule.py:wake": "A timer of the chassis, which is no record.",
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
    "external_ids": "The way to a customer, whose own external_ids say the same.",
    "ownerships": LEDGER,
    "series": "A counter: the number stands on the record.",
    "import_chunks": "Pieces of a file, which expire.",
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
