"""What a row of an import file must be, and the verdict on it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from chassis.errors import Invalid
from services.accounts.domain import files
from services.accounts.domain.customers import (
    DERIVABLE,
    FIELDS,
    LIMITS,
    CustomerKind,
    Details,
    Lifecycle,
    is_country,
    is_day,
    is_language,
)
from services.accounts.domain.exports import COLUMNS as EXPORT_COLUMNS
from services.accounts.domain.exports import CUSTOM, ExportKind, unmarked
from services.accounts.domain.identity import is_email
from services.accounts.domain.matching import Policy

KINDS = frozenset(CustomerKind)
CLASSES = frozenset(Lifecycle)
MAX_HEADER_BYTES = 24_000  # five hundred custom fields with the longest keys, and ours
DEFAULT_LIMIT = 200  # characters of a column without a limit of its own
# ``version`` is the one that the row was exported with: what others changed since is not overwritten.
COLUMNS = ("external_id", "number", *FIELDS, "lifecycle", "derived", "version")
MAX_VERSION_DIGITS = 9
# What the file of refused rows says of each; passed over when it is imported again.
VERDICT_COLUMNS = (
    "row", "verdict", "customer_id", "class", "code", "reason", "column", "warning", "undone",
    "undone_code", "undone_fields",
)  # fmt: skip
REASON_COLUMNS = ("refused_row", "refused_code", "refused_reason", "refused_column")
# What an export says of a customer beside his description; passed over likewise.
EXPORTED = frozenset(EXPORT_COLUMNS[ExportKind.CUSTOMER]) - frozenset(COLUMNS)
CODES = "accounts.import."


class Mode(StrEnum):
    """What a row may do: enter a new customer, change a known one, or either."""

    CREATE = "create"
    UPDATE = "update"
    UPSERT = "upsert"


class MatchBy(StrEnum):
    """Which column says whom a row is about."""

    EXTERNAL_ID = "external_id"
    NUMBER = "number"  # ours; empty: somebody new
    EMAIL = "email"
    PHONE = "phone"


class Status(StrEnum):
    """How far an import is."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"  # the file could not be read to its end
    STOPPED = "stopped"  # by somebody; it may go on
    REVERTING = "reverting"
    REVERTED = "reverted"


class Verdict(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import is to do."""

    mode: Mode = Mode.UPSERT
    match_by: MatchBy = MatchBy.EXTERNAL_ID
    system: str = "erp"  # whose keys the external ids are
    on_match: Policy | None = None  # None: what the policy of imports says
    dry_run: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)  # column name -> field


class WrongHeader(Invalid):
    """Refuse a file whose first row does not name the columns of a customer."""

    code = f"{CODES}header"


class WrongEncoding(Invalid):
    """Refuse a file that is not UTF-8."""

    code = f"{CODES}encoding"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is refused: a code, a sentence without the row's content, and the column."""

    name: str
    reason: str
    column: str | None = None

    @property
    def code(self) -> str:
        """Return the stable code."""
        return f"{CODES}{self.name}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that is right in itself."""

    external_id: str  # may be empty where another column says whom it is about, as number
    number: str
    details: Details
    lifecycle: Lifecycle  # of a new customer; where a known one stands follows from facts
    version: int | None = None
    custom: Mapping[str, str] = field(default_factory=dict)  # by key, as it is written


def read_header(
    raw: bytes,
    mapping: Mapping[str, str],
    match_by: MatchBy = MatchBy.EXTERNAL_ID,
    custom: Collection[str] = (),
) -> tuple[str | None, ...]:
    """Return which field each column holds (None: passed over); ``mapping`` renames columns.

    ``custom`` are the columns of custom fields that there can be.

    :raises WrongEncoding: if the row is not UTF-8.
    :raises WrongHeader: if a column is unknown, named twice, or a needed one is missing.
    """
    if len(raw) > MAX_HEADER_BYTES:
        raise WrongHeader(f"The first row has at most {MAX_HEADER_BYTES} bytes.")
    names = files.cells(files.decoded(raw.removeprefix(files.BOM)))
    if names is None or any("\0" in name or files.REPLACEMENT in name for name in names):
        raise WrongEncoding("The file is not CSV in UTF-8.")
    known = (*COLUMNS, *custom)
    columns = tuple(_field(name.strip(), mapping, known) for name in names)
    # Positions, not names: where the header is missing, its place holds a customer.
    unknown = [place for place, name in enumerate(columns, 1) if name == ""]
    if unknown:
        raise WrongHeader(
            "The first row names columns that are not known.",
            detail={"columns": unknown, "known": list(known)},
        )
    named = [name for name in columns if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    missing = sorted({match_by.value, "name"} - set(named))
    if twice or missing:
        raise WrongHeader(
            f"Each column is named once, and {match_by} and name are needed.",
            detail={"twice": twice, "missing": missing},
        )
    return columns


def _field(name: str, mapping: Mapping[str, str], known: Collection[str]) -> str | None:
    field = mapping.get(name, name)
    if field in REASON_COLUMNS or field in EXPORTED:
        return None
    return field if field in known else ""


class RowReader:
    """Check the rows of a file, each by itself; ``system`` is whose keys external_id holds."""

    def __init__(
        self,
        columns: Sequence[str | None],
        system: str,
        match_by: MatchBy = MatchBy.EXTERNAL_ID,
    ) -> None:
        self._system, self._width = system, len(columns)
        self._needed = ("name",) if match_by is MatchBy.NUMBER else (match_by.value, "name")
        self._columns = [
            (name, place, LIMITS.get(name, DEFAULT_LIMIT), _CHECKS.get(name))
            for place, name in enumerate(columns)
            if name and not name.startswith(CUSTOM)
        ]
        self._custom = [
            (name.removeprefix(CUSTOM), place)
            for place, name in enumerate(columns)
            if name and name.startswith(CUSTOM)
        ]

    def read(self, raw: bytes) -> Entry | Fault:
        """Return what a row says, or why it is refused."""
        if len(raw) > files.MAX_ROW_BYTES:
            return Fault("too_long", f"A row has at most {files.MAX_ROW_BYTES} bytes.")
        text = files.decoded(raw)
        values = files.cells(text)
        if values is None:
            return Fault("quotes", "A quote is opened and not closed, or text follows it.")
        if len(values) != self._width:
            return Fault("columns", f"The row has {len(values)} columns, not {self._width}.")
        row = {name: unmarked(values[place].strip()) for name, place, _, _ in self._columns}
        # Asked of the whole row first: hardly any row has such a cell.
        clean = files.REPLACEMENT not in text and text.isprintable()
        fault = None if clean else _unreadable(row)
        fault = fault or self._fault(row)
        if fault is not None or not self._custom:
            return fault or _entry(row, self._system)
        return self._with_custom(_entry(row, self._system), values)

    def _with_custom(self, entry: Entry, values: Sequence[str]) -> Entry | Fault:
        """Add the cells of custom fields; an empty one says nothing. Their fields judge them."""
        cells = {key: unmarked(values[place].strip()) for key, place in self._custom}
        for key, cell in cells.items():
            if files.REPLACEMENT in cell:
                return Fault("encoding", "The text is not UTF-8.", f"{CUSTOM}{key}")
        return replace(entry, custom={key: cell for key, cell in cells.items() if cell})

    def _fault(self, row: Mapping[str, str]) -> Fault | None:
        for name, _, limit, check in self._columns:
            value = row[name]
            if len(value) > limit:
                return Fault("too_long", f"At most {limit} characters.", name)
            if value and check is not None and not check[0](value):
                return Fault(f"bad_{check[1]}", check[2], name)
        for name in self._needed:
            if not row[name]:
                return Fault("required", "This column may not be empty.", name)
        return None


def _unreadable(row: Mapping[str, str]) -> Fault | None:
    for name, value in row.items():
        if files.REPLACEMENT in value:
            return Fault("encoding", "The text is not UTF-8.", name)
        if not value.isprintable():
            return Fault("bad_text", "Control characters are not taken.", name)
    return None


def _entry(row: Mapping[str, str], system: str) -> Entry:
    told = {name: row[name] for name in FIELDS if row.get(name)}
    if "kind" in told:
        told["kind"] = CustomerKind(told["kind"])
    derived = tuple(row.get("derived", "").split())
    external_id = row.get("external_id", "")
    keys = {system: external_id} if external_id else {}
    details = Details(**told, external_ids=keys, derived=derived)  # type: ignore[arg-type]  # checked above
    lifecycle = Lifecycle(row.get("lifecycle") or Lifecycle.POTENTIAL)
    version = row.get("version")
    number = row.get("number", "")
    return Entry(external_id, number, details, lifecycle, int(version) if version else None)


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MAX_VERSION_DIGITS and int(text) > 0


def _are_derivable(text: str) -> bool:
    return all(name in DERIVABLE for name in text.split())


def _is_kind(text: str) -> bool:
    return text in KINDS


def _is_class(text: str) -> bool:
    return text in CLASSES


_CHECKS: Mapping[str, tuple[Callable[[str], bool], str, str]] = {
    "kind": (_is_kind, "kind", "A customer is a person or an organisation."),
    "lifecycle": (_is_class, "class", f"A class is one of {', '.join(Lifecycle)}."),
    "email": (is_email, "email", "This is no mail address."),
    "language": (is_language, "language", "A language is a tag like en or pt-BR."),
    "country": (is_country, "country", "A country is two capital letters (ISO 3166-1)."),
    "customer_since": (is_day, "date", "A day is written YYYY-MM-DD and is in the calendar."),
    "version": (_is_version, "version", "A version is a whole number from 1."),
    "derived": (_are_derivable, "derived", "Derived fields are named, with a space between."),
}
