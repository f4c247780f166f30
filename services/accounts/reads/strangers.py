"""Rows of imports that say who somebody is, though no customer came of them."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, cast, func, select, tuple_
from sqlalchemy.types import String, Text

from chassis.claiming import hints
from chassis.files.tables import File
from chassis.identities import Identities, identities
from chassis.work import Work
from services.accounts.reads.privacy import UNDER_WAY
from services.accounts.tables import ErasedIdentity, Import, ImportKey, ImportRefusal

_CELL = re.compile(r"[,;|\t\r\n\"]+")


def who_is_erased(work: Work, request_id: str) -> Identities:
    """Return how somebody was known who is being erased."""
    query = select(ErasedIdentity.kind, ErasedIdentity.system, ErasedIdentity.value)
    found = work.session.execute(query.where(ErasedIdentity.request_id == request_id))
    return identities(row._asdict() for row in found)


def refused(
    work: Work, who: Identities, after: Sequence[Any] | None, limit: int
) -> list[Row[ImportRefusal, Import]]:
    """Return the next refused rows, of any import, that may say one of these."""
    keys = (ImportRefusal.import_id, ImportRefusal.number)
    query = select(ImportRefusal, Import).join(Import, Import.id == ImportRefusal.import_id)
    query = query.where(hints(_readable(work), who, is_keyed=True))
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after))
    return list(work.session.execute(query.order_by(*keys).limit(limit)))


def says(who: Identities, refusal: ImportRefusal, system: str) -> bool:
    """Say whether a refused row of a system's file says one of these."""
    text = refusal.raw.decode("utf-8", "replace")
    cells = (cell.strip() for cell in _CELL.split(text))
    return who.said_in(text) or any(who.keyed_in({system: cell}) for cell in cells)


def trials(work: Work) -> list[str]:
    """Return the imports under way that only try a file: nobody knows who stands in it."""
    return list(work.session.scalars(select(Import.id).where(UNDER_WAY, Import.dry_run)))


def tried(_: str) -> ColumnElement[bool]:
    """Match what files that were tried had for keys; nobody asks for them any more."""
    ended = select(Import.id).where(Import.dry_run, ~UNDER_WAY)
    return ImportKey.import_id.in_(ended)


def files_of(work: Work, jobs: Sequence[Import]) -> list[str]:
    """Return the files of imports that are still kept."""
    named = {file_id for job in jobs for file_id in (job.file_id, job.rows_file_id) if file_id}
    return list(work.session.scalars(select(File.id).where(File.id.in_(named)).order_by(File.id)))


def _readable(work: Work) -> ColumnElement[str]:
    """Return a raw row as text of which at least letters and digits of the alphabet can be read."""
    if work.session.get_bind().dialect.name == "postgresql":
        return func.encode(ImportRefusal.raw, "escape", type_=String())
    return cast(ImportRefusal.raw, Text)
