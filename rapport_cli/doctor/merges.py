"""Merges that wait for a service, as accounts' own database tells."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from rapport_cli.doctor import remedies
from rapport_cli.doctor.findings import Finding, wrong
from services.accounts.reads.merging import OVERDUE_AFTER, overdue

OWNER = "accounts"  # only its database knows of merges


def overdue_merges(session: Session, now: datetime) -> Iterator[Finding]:
    """Say for which services merges wait too long."""
    minutes = OVERDUE_AFTER.seconds // 60
    waiting = {name: count for name, count in overdue(session, now).items() if count}
    if waiting:
        named = ", ".join(f"{count} x {name}" for name, count in sorted(waiting.items()))
        says = f"{OWNER}: merges wait for services for over {minutes} minutes: {named}."
        yield wrong(says, remedies.MERGE_WAITS)
