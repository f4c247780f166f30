"""Give out the numbers that people call cases by."""

from chassis.work import Work
from services.service_desk.reads import records
from services.service_desk.tables import CaseNumber


def take_number(work: Work, entity_id: str) -> str:
    """Take the entity's next number; until the end of the work nobody else gets one."""
    work.insert_once(CaseNumber.__table__, {"entity_id": entity_id, "last": 0})
    counter = records.numbers(work, entity_id)
    counter.last += 1
    return f"C-{counter.last:06d}"
