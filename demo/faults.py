"""The import files of the main job, with the faults planted in them and their correction."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from enum import StrEnum
from typing import Final

from demo.history import Customer

MAIN_FILE: Final = "customers.csv"
LEGACY_FILE: Final = "customers-branch-office.csv"  # Latin-1, as an old till writes it
LEGACY_ENCODING: Final = "iso-8859-1"
HEADER_ROWS: Final = 1  # rows are counted as a spreadsheet shows them: the header is row 1
IMPOSSIBLE_DATE: Final = "2016-02-30"
LONG_NAME_LETTERS: Final = 5000
_BAD_BYTE: Final = b"\xe9"  # é in Latin-1, never a whole character in UTF-8
# The history has segments only: a corporate customer is taken for an organisation.
_ORGANISATIONS: Final = frozenset({"Corporate"})


# The history tells neither; an address and a first day follow from the first order.
DERIVED: Final = (
    "email",
    "phone",
    "language",
    "country",
    "state",
    "city",
    "postal_code",
    "region",
    "customer_since",
)


class Reason(StrEnum):
    """Why an import refuses."""

    ENCODING = "accounts.import.encoding"
    DATE = "accounts.import.bad_date"
    DUPLICATE = "accounts.import.duplicate"
    TOO_LONG = "accounts.import.too_long"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an import file; the field names are its header."""

    external_id: str
    kind: str
    name: str
    email: str
    phone: str
    language: str
    segment: str
    country: str
    state: str
    city: str
    postal_code: str
    region: str
    customer_since: str  # ISO date
    derived: str  # the columns that were worked out, not told, with a space between


HEADER: Final = tuple(field.name for field in fields(Row))


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file as somebody would hand it in."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """One refusal to expect; no row means that the whole file is refused."""

    file: str
    row: int | None
    column: str | None
    reason: Reason
    external_id: str | None = None
    repairable: bool = True  # a repeated row is not repaired but left out


@dataclass(frozen=True, slots=True)
class Planted:
    """The files to import, what must be refused, and the truth to correct it by."""

    files: tuple[ImportFile, ...]
    faults: tuple[Fault, ...]
    truth: Mapping[str, Row]

    def faults_of(self, file: str) -> tuple[Fault, ...]:
        """List the refusals that a file must meet, by row."""
        found = (fault for fault in self.faults if fault.file == file)
        return tuple(sorted(found, key=lambda fault: fault.row or 0))


def row_of(customer: Customer) -> Row:
    """Write a customer as a row."""
    return Row(
        external_id=customer.id,
        kind="organisation" if customer.segment in _ORGANISATIONS else "person",
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        language=customer.language,
        segment=customer.segment,
        country=customer.address.country,
        state=customer.address.state,
        city=customer.address.city,
        postal_code=customer.address.postal_code,
        region=customer.address.region,
        customer_since=customer.first_order.isoformat(),
        derived=" ".join(DERIVED) if customer.derived else "",
    )


def csv_bytes(rows: Iterable[Row], encoding: str = "utf-8") -> bytes:
    """Write rows with their header (RFC 4180)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows(astuple(row) for row in rows)
    return out.getvalue().encode(encoding)


def plant(customers: Sequence[Customer]) -> Planted:
    """Write the import files of some customers and plant one fault of each kind.

    Every customer can be read after correction: the faults spoil or repeat rows, they
    never take one away. Names that ASCII cannot hold come in a second file, in Latin-1.
    """
    rows = [row_of(customer) for customer in customers]
    plain = [row for row in rows if row.name.isascii()]
    legacy = [row for row in rows if not row.name.isascii()]
    main, faults = _spoil(plain)
    faults.append(Fault(LEGACY_FILE, None, None, Reason.ENCODING))
    return Planted(
        files=(main, ImportFile(LEGACY_FILE, csv_bytes(legacy, LEGACY_ENCODING))),
        faults=tuple(faults),
        truth={row.external_id: row for row in rows},
    )


def _spoil(rows: Sequence[Row]) -> tuple[ImportFile, list[Fault]]:
    fifth = len(rows) // 5
    dated, long, latin, first, second = (rows[place * fifth] for place in range(5))
    spoiled = list(rows)
    spoiled[rows.index(dated)] = replace(dated, customer_since=IMPOSSIBLE_DATE)
    spoiled[rows.index(long)] = replace(long, name=long.name.ljust(LONG_NAME_LETTERS, "x"))
    spoiled.append(replace(first, city="Elsewhere"))
    spoiled.append(replace(second, external_id=f"{second.external_id}-2"))
    name = latin.name.encode()
    content = csv_bytes(spoiled).replace(name, name + _BAD_BYTE, 1)

    def fault(place: int, column: str, reason: Reason, *, repairable: bool = True) -> Fault:
        number = place + HEADER_ROWS + 1
        return Fault(MAIN_FILE, number, column, reason, spoiled[place].external_id, repairable)

    return ImportFile(MAIN_FILE, content), [
        fault(rows.index(dated), "customer_since", Reason.DATE),
        fault(rows.index(long), "name", Reason.TOO_LONG),
        fault(rows.index(latin), "name", Reason.ENCODING),
        fault(len(rows), "external_id", Reason.DUPLICATE, repairable=False),
        fault(len(rows) + 1, "email", Reason.DUPLICATE, repairable=False),
    ]


def correct(planted: Planted, file: str, refused: bytes) -> ImportFile:
    """Do what a person does with the file of refused rows: repair it, leave repeats out.

    ``refused`` has the columns of the import and others beside them; rows are told apart by
    their external id, and one that is nobody's stays out. The old till's file is written
    again, in UTF-8.
    """
    if file == LEGACY_FILE:
        original = next(one for one in planted.files if one.name == file)
        return ImportFile(f"corrected-{file}", reencoded(original.content))
    repeated = {fault.external_id for fault in planted.faults if not fault.repairable}
    text = refused.decode("utf-8-sig", errors="replace")
    returned = [record["external_id"] for record in csv.DictReader(io.StringIO(text, newline=""))]
    good = [planted.truth[id_] for id_ in returned if id_ in planted.truth and id_ not in repeated]
    return ImportFile(f"corrected-{file}", csv_bytes(good))


def reencoded(content: bytes) -> bytes:
    """Write a Latin-1 file in UTF-8."""
    return content.decode(LEGACY_ENCODING).encode()
