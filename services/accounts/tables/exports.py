"""The log of exports: who took what out of the house, when, and as which file."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, OwnedRecord
from services.accounts.domain.customers import LIMITS
from services.accounts.domain.exports import MAX_NOTE, ExportKind, ExportStatus, Format
from services.accounts.domain.ndas import MAX_PARTY
from services.accounts.tables.customers import ACTOR_LENGTH


class Export(OwnedRecord):
    """One export; it stays when its file is gone."""

    __tablename__ = "exports"

    asked_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    kind: Mapped[ExportKind]
    filters: Mapped[dict[str, Any]] = mapped_column(JSON, info=PERSONAL)
    sort: Mapped[str | None] = mapped_column(String(40))
    descending: Mapped[bool]
    format: Mapped[Format]
    columns: Mapped[list[str]] = mapped_column(JSON)
    left_out: Mapped[list[str]] = mapped_column(JSON)  # columns that the asker may not read
    system: Mapped[str] = mapped_column(String(LIMITS["system"]))
    note: Mapped[str | None] = mapped_column(String(MAX_NOTE), info=PERSONAL)
    # The third party that the file is for; None: our own use.
    recipient: Mapped[str | None] = mapped_column(String(MAX_PARTY), info=PERSONAL)
    withheld: Mapped[dict[str, int]] = mapped_column(
        JSON, default=dict
    )  # reason -> records kept back
    status: Mapped[ExportStatus]
    rows: Mapped[int] = mapped_column(Integer, default=0)
    file_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    size: Mapped[int | None] = mapped_column(BigInteger)  # bytes
    sha256: Mapped[str | None] = mapped_column(String(64))
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]  # of the file
