"""Decide what which customers are offered, and what a customer weighs."""

from collections.abc import Sequence
from dataclasses import asdict

from chassis.errors import NotFound, StaleVersion
from chassis.work import Work
from services.accounts.domain import policies as rules
from services.accounts.domain.policies import Entry, Importance, Level, Place, Scale
from services.accounts.reads import policies as reads
from services.accounts.reads import telling
from services.accounts.tables import Customer, PolicyCell

KIND = "policy_cell"


def set_policy_cell(
    work: Work, *, version: int, place: Place, entries: Sequence[Entry]
) -> PolicyCell:
    """Write a cell of the matrix; version 0 writes one that is not there yet.

    :raises BaselineStays: if it withholds what everybody has a right to.
    :raises ExclusionUnexplained: if it withholds something without a reason.
    :raises StaleVersion: if somebody changed it since.
    """
    rules.check(entries)
    cell = _at(work, place, version) or work.add(
        PolicyCell(id=reads.cell_id(work.caller.entity_id, place), **_columns(place))
    )
    cell.entries = [dict(asdict(entry)) for entry in entries]
    cell.withholds = any(entry.level is Level.WITHHELD for entry in entries)
    if work.session.is_modified(cell):
        work.tell(telling.record_changed(KIND), cell)
    return cell


def clear_policy_cell(work: Work, *, version: int, place: Place) -> dict[str, object]:
    """Take a cell out of the matrix: the next wider one decides again.

    :raises NotFound: if there is none at this place.
    :raises StaleVersion: if somebody changed it since.
    """
    cell = _at(work, place, version)
    if cell is None:
        raise NotFound("There is no cell at this place.", code="accounts.policy.no_cell")
    work.tell(telling.record_changed(KIND, verb="deleted"), cell)
    work.remove(cell)
    return {"id": cell.id, "deleted": True}


def weigh_customer(
    work: Work,
    *,
    customer_id: str,
    version: int,
    importance: Importance | None,
    scale: Scale | None,
) -> Customer:
    """Say how important a customer is and how big its business; None leaves it to the rules.

    :raises StaleVersion: if the customer changed since.
    """
    customer = work.get(Customer, customer_id, version=version)
    customer.importance, customer.scale = importance, scale
    if work.session.is_modified(customer):
        work.tell(telling.customer_updated, customer)
        work.tell(telling.customer_recorded, customer)
    return customer


def _at(work: Work, place: Place, version: int) -> PolicyCell | None:
    cell = reads.cell(work, reads.cell_id(work.caller.entity_id, place))
    stands = cell.version if cell is not None else 0
    if stands != version:
        raise StaleVersion(
            "The cell was changed by somebody else; read it again.",
            detail={"your_version": version, "version": stands},
        )
    return cell


def _columns(place: Place) -> dict[str, object]:
    return {
        "customer_class": place.customer_class,
        "importance": place.importance,
        "scale": place.scale,
    }
