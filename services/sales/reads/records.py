"""Records under a lock, and what the users named themselves."""

from typing import TypeVar

from sqlalchemy import select

from chassis.caller import GROUP_ENTITY
from chassis.errors import NotFound
from chassis.tables import Record
from chassis.work import Work
from services.sales.domain.leads import StatusType
from services.sales.domain.opportunities import StageType
from services.sales.tables import Lead, LeadStatus, Opportunity, Order, Quote, Stage

R = TypeVar("R", bound=Record)
OWNED_BY_CUSTOMER: tuple[type[Lead | Opportunity | Quote | Order], ...] = (
    Lead,
    Opportunity,
    Quote,
    Order,
)


def locked(work: Work, kind: type[R], id_: str) -> R | None:
    """Load a record and keep it from being changed until this work is done.

    Steps, timers and handlers have no version to bring: they wait for each other instead.
    """
    return work.session.scalar(select(kind).where(kind.id == id_).with_for_update())


def status(
    work: Work, entity_id: str, *, key: str | None = None, type_: StatusType | None = None
) -> LeadStatus:
    """Return an active status of leads by its key, or the first of a type.

    :raises NotFound: if there is none.
    """
    wanted = LeadStatus.key == key if key else LeadStatus.type == type_
    query = select(LeadStatus).where(wanted, LeadStatus.active)
    ours = LeadStatus.entity_id.in_([entity_id, GROUP_ENTITY])
    # An entity's own words go before those of the group.
    order = [LeadStatus.entity_id == GROUP_ENTITY, LeadStatus.place, LeadStatus.key]
    found = work.session.scalar(query.where(ours).order_by(*order).limit(1))
    if found is None:
        raise NotFound("There is no such lead status in use.", code="sales.lead.unknown_status")
    return found


def stages(work: Work, entity_id: str) -> list[Stage]:
    """Return the stages in use, in their order; an entity's own replace the group's."""
    query = select(Stage).where(Stage.active, Stage.entity_id.in_([entity_id, GROUP_ENTITY]))
    found = list(work.session.scalars(query.order_by(Stage.place, Stage.key)))
    own = [stage for stage in found if stage.entity_id == entity_id]
    return own or found


def stage(
    work: Work, entity_id: str, *, key: str | None = None, type_: StageType | None = None
) -> Stage:
    """Return a stage by its key, or the first of a type.

    :raises NotFound: if there is none.
    """
    for one in stages(work, entity_id):
        if one.key == key or (key is None and one.type is type_):
            return one
    raise NotFound("There is no such stage in use.", code="sales.opportunity.unknown_stage")
