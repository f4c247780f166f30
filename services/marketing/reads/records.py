"""Records under a lock, and records by the key that people know them by."""

from typing import TypeVar

from sqlalchemy import select

from chassis.caller import GROUP_ENTITY
from chassis.tables import Record
from chassis.work import Work
from services.marketing.tables import Template

R = TypeVar("R", bound=Record)


def locked(work: Work, kind: type[R], id_: str) -> R | None:
    """Load a record and keep it from being changed until this work is done.

    Steps, timers and handlers have no version to bring: they wait for each other instead.
    """
    return work.session.scalar(select(kind).where(kind.id == id_).with_for_update())


def template_by_key(work: Work, key: str) -> Template | None:
    """Return the group's template of a key."""
    return work.session.scalar(
        select(Template).where(Template.key == key, Template.entity_id == GROUP_ENTITY)
    )
