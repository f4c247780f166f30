"""What the users may change about the words of selling; what they mean to the machine stays."""

from collections.abc import Mapping
from typing import TypeVar

from chassis.work import Work
from services.sales.reads import telling
from services.sales.tables import LeadStatus, Stage

Named = TypeVar("Named", LeadStatus, Stage)


def name_status(
    work: Work, *, status_id: str, version: int, given: Mapping[str, str | int | bool]
) -> LeadStatus:
    """Call a status something else, move it in lists, or retire it."""
    return _name(work, work.get(LeadStatus, status_id, version=version), given)


def name_stage(
    work: Work, *, stage_id: str, version: int, given: Mapping[str, str | int | bool]
) -> Stage:
    """Call a stage something else, move it, change its usual chance, or retire it."""
    return _name(work, work.get(Stage, stage_id, version=version), given)


def _name(work: Work, record: Named, given: Mapping[str, str | int | bool]) -> Named:
    for name, value in given.items():
        setattr(record, name, value)
    work.tell(telling.words_changed, record)
    return record
