"""Imports: how far one is, and the verdict on every row."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Base, Record
from services.accounts.domain.customers import LIMITS, Lifecycle
from services.accounts.domain.imports import MAX_HEADER_BYTES, MatchBy, Mode, Status, Verdict
from services.accounts.domain.matching import Policy
from services.accounts.domain.reverts import Undone

KEY_LENGTH = 300  # the longest of a mail address, and a phone number with a name


class Import(Record):
    """One run over one file: what was asked, and how far it is."""

    __tablename__ = "imports"

    file_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    # A workbook is written out as rows first; None: the file itself, or one of an earlier release.
    rows_file_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    collected: Mapped[int | None] = mapped_column(
        Integer
    )  # rows of the workbook; None: no workbook
    system: Mapped[str] = mapped_column(String(LIMITS["system"]))
    mode: Mapped[Mode]
    match_by: Mapped[MatchBy | None]  # None: external_id, in an import of an earlier release
    on_match: Mapped[Policy]
    dry_run: Mapped[bool]
    columns: Mapped[list[str | None]] = mapped_column(JSON)  # the field of each column
    header: Mapped[str] = mapped_column(String(MAX_HEADER_BYTES))  # as it was in the file
    status: Mapped[Status]
    total_bytes: Mapped[int] = mapped_column(BigInteger)
    done_bytes: Mapped[int] = mapped_column(BigInteger)  # where the next row starts
    done_rows: Mapped[int] = mapped_column(Integer)  # the header is row 1
    created: Mapped[int] = mapped_column(Integer, default=0)
    updated: Mapped[int] = mapped_column(Integer, default=0)
    unchanged: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    finished_at: Mapped[datetime | None]
    stopped_by: Mapped[str | None] = mapped_column(String(ID_LENGTH * 2))  # it ends after its step
    runs: Mapped[int | None] = mapped_column(Integer)  # how often it went on after it was stopped
    revertible_until: Mapped[datetime | None]
    revert_row: Mapped[int | None] = mapped_column(Integer)  # rows from here on are taken back
    reverted: Mapped[int | None] = mapped_column(Integer)  # rows


class ImportRow(Base):
    """The verdict on one row."""

    __tablename__ = "import_rows"

    import_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    verdict: Mapped[Verdict]
    customer_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    lifecycle: Mapped[Lifecycle | None]  # the class of its customer; None: refused
    warning: Mapped[str | None] = mapped_column(String(80))  # code
    undone: Mapped[Undone | None]  # when the import was taken back
    undone_code: Mapped[str | None] = mapped_column(String(80))  # why not, or not wholly
    undone_fields: Mapped[list[str] | None] = mapped_column(JSON)  # which somebody changed since


class ImportRefusal(Base):
    """A row that was refused, as it was, and why."""

    __tablename__ = "import_refusals"

    import_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(200))
    column: Mapped[str | None] = mapped_column(String(40))
    customer_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # the one it duplicates
    raw: Mapped[bytes] = mapped_column(LargeBinary)


class ImportKey(Base):
    """A key that an accepted row of the file had: who has it again is a duplicate."""

    __tablename__ = "import_keys"

    import_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
