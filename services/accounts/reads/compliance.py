"""The log that shows what was done for the law, fairness and confidence; taken from the trail."""

from collections.abc import Collection, Mapping
from typing import Any

from chassis import history
from chassis.work import Work
from services.accounts.domain.compliance import Duty
from services.accounts.tables import (
    Consent,
    ConsentRequest,
    Export,
    Flag,
    Nda,
    PolicyCell,
    PrivacyRequest,
    SharedCustomer,
)

TABLES: Mapping[Duty, tuple[str, ...]] = {
    Duty.DATA_SUBJECT: (PrivacyRequest.__tablename__,),
    Duty.CONSENT: (Consent.__tablename__, ConsentRequest.__tablename__),
    Duty.DISCLOSURE: (Export.__tablename__, SharedCustomer.__tablename__),
    Duty.CONFIDENTIALITY: (Nda.__tablename__,),
    Duty.RESTRICTION: (Flag.__tablename__,),
    Duty.EQUAL_TREATMENT: (PolicyCell.__tablename__,),
}
_DUTIES = {table: duty for duty, tables in TABLES.items() for table in tables}


def compliance_log(work: Work, *, duties: Collection[Duty], **asked: Any) -> dict[str, Any]:
    """Return what was done for these duties (none: for all), by whom and when, the latest first.

    The entries are those of the sealed trail: what they name can be verified, and stays after an
    erasure. Values are not in it, but the names of the fields that changed.
    """
    tables = [table for duty in (duties or TABLES) for table in TABLES[Duty(duty)]]
    found = history.of_kinds(work, tables, asked)
    items = [one | {"duty": _DUTIES[one["kind"]].value} for one in found["items"]]
    return {"items": items, "next": found["next"]}
