"""Imports and exports: what comes in as a file, and what leaves as one."""

from dataclasses import dataclass

from contracts.base import event


@event("accounts.import.finished.v1", subject="import_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFinished:
    """An import came to its end."""

    import_id: str
    created: int
    updated: int
    unchanged: int
    refused: int
    dry_run: bool


@event("accounts.import.progressed.v1", subject="import_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgressed:
    """An import has come further, or was stopped; at most once for some thousand rows."""

    import_id: str
    status: str  # running, stopped
    done_rows: int  # the header is one of them
    done_bytes: int
    total_bytes: int
    created: int
    updated: int
    unchanged: int
    refused: int


@event("accounts.import.reverted.v1", subject="import_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReverted:
    """An import was taken back, except what somebody relies on or has changed since."""

    import_id: str
    reverted: int  # rows whose customer is as before, or gone
    kept: int  # the others that had entered or changed a customer


@event("accounts.customer.retracted.v1", subject="customer_id", of_record=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRetracted:
    """A customer who was entered by mistake is gone, and is not to be counted any more."""

    customer_id: str
    version: int
    import_id: str  # that was taken back
    entity_id: str = "group"


@event("accounts.export.finished.v1", subject="export_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFinished:
    """A list left the house as a file; what it was narrowed by stays with accounts."""

    export_id: str
    kind: str  # customer, contact
    format: str  # data, excel, vcard
    columns: tuple[str, ...]
    rows: int
    size: int  # bytes
    sha256: str
    entity_id: str = "group"
    to_third_party: bool = False  # to whom stays with accounts
    withheld: int = 0  # records that the third party may not learn of
