"""What leaves the house: which columns of which records, and how a cell is written in which format."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, StrEnum

from chassis.errors import Forbidden, Invalid
from services.accounts.domain import files
from services.accounts.domain.customers import FIELDS

CODES = "accounts.export."
KEPT = timedelta(days=7)
MAX_COLUMNS = 60  # beside those of custom fields
MAX_NOTE = 500
# A spreadsheet takes a cell that begins so for a formula; the full-width forms too, where the
# computer writes Chinese or Japanese (ADR 0022).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CUSTOM = "custom."  # before the key of a custom field, which the house defines
MARK = "'"  # before such a cell; the import takes it away again


class ExportKind(StrEnum):
    """Which records are exported."""

    CUSTOMER = "customer"
    CONTACT = "contact"


class Format(StrEnum):
    """How the file is written."""

    DATA = "data"  # CSV as RFC 4180 has it, for programs and for our own import
    EXCEL = "excel"  # CSV that a spreadsheet opens without garbling or calculating
    VCARD = "vcard"  # vCard 4.0, for people
    XLSX = "xlsx"  # a workbook, whose every cell is text


class ExportStatus(StrEnum):
    """How far an export is."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


MEDIA_TYPES = {
    Format.DATA: "text/csv",
    Format.EXCEL: "text/csv",
    Format.VCARD: "text/vcard",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ENDINGS = {Format.DATA: "csv", Format.EXCEL: "csv", Format.VCARD: "vcf", Format.XLSX: "xlsx"}

_SHARED = ("owner_id", "team_id", "territory_id", "id", "created_at", "updated_at")
COLUMNS: Mapping[ExportKind, tuple[str, ...]] = {
    ExportKind.CUSTOMER: (
        "number", "external_id", *FIELDS, "derived", "lifecycle", "tier", "tier_rank", *_SHARED,
    ),
    ExportKind.CONTACT: (
        "customer_id", "customer", "name", "role", "email", "phone", "language", *_SHARED,
    ),
}  # fmt: skip
CARD_COLUMNS: Mapping[ExportKind, tuple[str, ...]] = {
    ExportKind.CUSTOMER: (
        "id", "updated_at", "name", "email", "phone", "language", "city", "state", "postal_code",
        "country",
    ),
    ExportKind.CONTACT: (
        "id", "updated_at", "name", "role", "customer", "email", "phone", "language",
    ),
}  # fmt: skip
# What reading the record alone does not give: column -> permission.
NEEDS: Mapping[str, str] = {
    "tier": "score.read",
    "tier_rank": "score.read",
    "customer": "customer.read",
    "email": "customer.reach",
    "phone": "customer.reach",
    "city": "customer.reach",
    "postal_code": "customer.reach",
    "owner_id": "directory.read",
    "team_id": "directory.read",
    "territory_id": "directory.read",
    "custom": "field.read",  # each column custom.<key>
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported: a list as ``find_records`` takes it, and how it is written."""

    kind: ExportKind = ExportKind.CUSTOMER
    filters: Mapping[str, object] = field(default_factory=dict)
    sort: str | None = None
    descending: bool = False
    format: Format = Format.DATA
    columns: tuple[str, ...] = ()  # none: all that the asker may read
    system: str = "erp"  # whose keys the column external_id holds
    note: str | None = None  # for whom and under which promise
    recipient: str | None = None  # the third party that the file is for; None: our own use


class UnknownColumn(Invalid):
    """Refuse a column that these records do not have."""

    code = f"{CODES}unknown_column"


class ColumnForbidden(Forbidden):
    """Refuse a column that the asker may not read."""

    code = f"{CODES}column_forbidden"


class PeopleOnly(Invalid):
    """Refuse organisations, or chosen columns, where only people are written."""

    code = f"{CODES}people_only"


def chosen_columns(
    wanted: Wanted, granted: Iterable[str], custom: tuple[str, ...] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns that are written, and those that are left out for want of a permission.

    ``custom`` are the columns of custom fields that these records have; a vCard holds none.

    :raises UnknownColumn: if one was named that these records do not have.
    :raises ColumnForbidden: if one was named that the asker may not read.
    """
    is_card = wanted.format is Format.VCARD
    known = CARD_COLUMNS[wanted.kind] if is_card else COLUMNS[wanted.kind] + custom
    unknown = sorted(set(wanted.columns) - set(known))
    if unknown:
        raise UnknownColumn(
            "These records do not have all of these columns.",
            detail={"columns": unknown, "known": list(known)},
        )
    permissions = set(granted)
    hidden = {
        name for name in known if NEEDS.get(name.partition(".")[0], "") not in permissions | {""}
    }
    forbidden = sorted(hidden & set(wanted.columns))
    if forbidden:
        raise ColumnForbidden(
            "Not all of these columns may be read by you.", detail={"columns": forbidden}
        )
    must = ("id", "name") if is_card else ()  # no card without them
    asked = (*must, *(wanted.columns or known))
    written = tuple(dict.fromkeys(name for name in asked if name not in hidden))
    return written, () if wanted.columns else tuple(name for name in known if name in hidden)


def narrowed(wanted: Wanted) -> dict[str, object]:
    """Return the filters that apply: a vCard is of a person.

    :raises PeopleOnly: if organisations were asked for.
    """
    filters = dict(wanted.filters)
    if wanted.format is not Format.VCARD or wanted.kind is not ExportKind.CUSTOMER:
        return filters
    if filters.setdefault("kind", "person") != "person":
        raise PeopleOnly("A vCard is of a person; an organisation has contacts.")
    return filters


def head(format_: Format, columns: Iterable[str]) -> str:
    """Write what a file begins with; a workbook is begun with its first rows."""
    if format_ in {Format.VCARD, Format.XLSX}:
        return ""
    mark = files.BOM.decode() if format_ is Format.EXCEL else ""
    return mark + files.line(tuple(columns))


def line(format_: Format, cells: Iterable[str]) -> str:
    """Write a record as a row of a CSV file."""
    made = [neutral(cell) for cell in cells] if format_ is Format.EXCEL else list(cells)
    return files.line(made)


def neutral(cell: str) -> str:
    """Mark a cell that a spreadsheet would take for a formula, so that it shows what is in it.

    That holds for phone numbers too: without the mark +8613912345678 becomes 8.61391E+12.
    """
    return MARK + cell if cell.startswith(FORMULA) else cell


def unmarked(cell: str) -> str:
    """Take the mark away again."""
    return cell[1:] if cell[:1] == MARK and cell[1:].startswith(FORMULA) else cell


def text(value: object) -> str:
    """Write a value as a cell."""
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value)
