"""Questions about exports: how far one is, and what a record holds in each column."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from chassis.clock import isoformat
from chassis.custom.reading import to_text
from chassis.work import Work
from services.accounts.domain import exports as rules
from services.accounts.domain import vcards
from services.accounts.domain.exports import Format
from services.accounts.tables import Contact, Customer, Export


def export_status(work: Work, *, export_id: str) -> Export:
    """Return how far an export is."""
    return work.get(Export, export_id)


def written(work: Work, job: Export, found: Sequence[Customer | Contact]) -> str:
    """Write records as the file has them, if it is one of lines."""
    if job.format is Format.VCARD:
        made = zip(found, _rows(work, job, found), strict=True)
        return "".join(vcards.card(cells, one.phone_e164) for one, cells in made)
    return "".join(rules.line(job.format, cells.values()) for cells in _rows(work, job, found))


def rows(work: Work, job: Export, found: Sequence[Customer | Contact]) -> list[list[str]]:
    """Return what records hold in each column."""
    return [list(cells.values()) for cells in _rows(work, job, found)]


def _rows(work: Work, job: Export, found: Sequence[Customer | Contact]) -> list[dict[str, str]]:
    of = {one.customer_id for one in found if isinstance(one, Contact)}
    names = _names(work, of) if "customer" in job.columns else {}
    return [_cells(job, one, names) for one in found]


def _cells(job: Export, one: Customer | Contact, names: dict[str, str]) -> dict[str, str]:
    """Return column -> cell, in the order of the columns."""
    cells = {}
    for name in job.columns:
        if name == "external_id" and isinstance(one, Customer):
            cells[name] = one.external_ids.get(job.system, "")
        elif name == "customer" and isinstance(one, Contact):
            cells[name] = names.get(one.customer_id, "")
        elif name.startswith(rules.CUSTOM):
            cells[name] = to_text(one.custom.get(name.removeprefix(rules.CUSTOM)))
        elif name in {"created_at", "updated_at"}:
            cells[name] = isoformat(getattr(one, name))
        else:
            cells[name] = rules.text(getattr(one, name))
    return cells


def _names(work: Work, ids: Collection[str]) -> dict[str, str]:
    """Return what customers are called, of those that the asker sees."""
    query = select(Customer.id, Customer.name).where(Customer.id.in_(ids), *work.visible(Customer))
    return {row.id: row.name for row in work.session.execute(query)}
