"""A row of a file that names the version it was exported with, beside what others changed since."""

from dataclasses import replace
from typing import Any

from chassis.audit import CUSTOM
from chassis.custom.values import Values, apart
from chassis.errors import StaleVersion
from chassis.merging import Based, OnConflict, compared
from chassis.work import Work
from services.accounts.domain.customers import FIELDS, Details
from services.accounts.domain.imports import Entry, Fault
from services.accounts.tables import Customer


def beside_others(
    work: Work, known: Customer, entry: Entry, custom: Values
) -> tuple[Details, Values] | Fault:
    """Return what a row changes: a field that it holds as it was exported is none of its changes.

    Whoever imports holds all customers, so nobody changes one meanwhile.
    """
    details = entry.details
    if entry.version is None:
        return details, custom
    told: dict[str, Any] = {
        name: value
        for name in FIELDS
        if (value := getattr(details, name)) is not None and name not in details.derived
    }
    try:
        based = Based(entry.version, OnConflict.MERGE)
        others = compared(work.session, known, based)
        mine, values = apart(others, told | {CUSTOM: custom})
    except StaleVersion as stale:
        clashing: Any = stale.detail.get("clashing") or ["version"]
        reason = "Somebody else changed this since the version that the row names."
        return Fault("stale", reason, clashing[0])
    left: dict[str, Any] = dict.fromkeys(told.keys() - mine.keys())  # None says nothing
    return replace(details, **left), values
