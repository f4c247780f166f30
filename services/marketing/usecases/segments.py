"""Segments: what they demand, and the round in which every customer is held against that."""

from collections.abc import Sequence
from typing import Any

from chassis.ids import new_id
from chassis.work import Work
from services.marketing.domain.segments import (
    MAX_SEGMENTS,
    Condition,
    SegmentRetired,
    TooManySegments,
)
from services.marketing.reads import segments as reads
from services.marketing.reads import telling
from services.marketing.tables import Segment

FILL = "fill_segment"  # the kind of the process


def define_segment(work: Work, *, key: str, label: str, all_of: Sequence[Condition]) -> Segment:
    """Define a segment; from now on every fact counts, and everybody known is looked at.

    :raises SegmentWrong: if it asks for a custom field that is not there, or not so.
    :raises TooManySegments: if as many are in force as can be.
    """
    all_of = reads.fitted(work, all_of)
    if reads.count_active(work) >= MAX_SEGMENTS:
        raise TooManySegments(f"At most {MAX_SEGMENTS} segments are in force; retire one.")
    segment = work.add(
        Segment(key=key, label=label, all_of=_stored(all_of), active=True, filling=None)
    )
    work.tell(telling.segment_changed("created"), segment)
    _fill(work, segment)
    return segment


def revise_segment(
    work: Work, *, segment_id: str, version: int, label: str, all_of: Sequence[Condition]
) -> Segment:
    """Change what a segment demands; everybody known is looked at again."""
    segment = _in_force(work, segment_id, version)
    segment.label, segment.all_of = label, _stored(reads.fitted(work, all_of))
    work.tell(telling.segment_changed("updated"), segment)
    _fill(work, segment)
    return segment


def refill_segment(work: Work, *, segment_id: str, version: int) -> Segment:
    """Look at everybody known again, also at those whom a snapshot brought."""
    segment = _in_force(work, segment_id, version)
    _fill(work, segment)
    return segment


def retire_segment(work: Work, *, segment_id: str, version: int) -> Segment:
    """Put a segment out of force: its members stay as they are, and no campaign addresses them."""
    segment = _in_force(work, segment_id, version)
    segment.active, segment.filling = False, None
    work.tell(telling.segment_changed("updated"), segment)
    return segment


def _in_force(work: Work, segment_id: str, version: int) -> Segment:
    segment = work.get(Segment, segment_id, version=version)
    if not segment.active:
        raise SegmentRetired("The segment is out of force.")
    return segment


def _fill(work: Work, segment: Segment) -> None:
    segment.filling = new_id()
    work.flush()
    work.start(FILL, segment.filling, {"segment_id": segment.id, "round": segment.filling})


def _stored(all_of: Sequence[Condition]) -> list[dict[str, Any]]:
    return [
        {
            "fact": one.fact.value,
            "any_of": list(one.any_of),
            "within_days": one.within_days,
            "older_than_days": one.older_than_days,
            "has": one.has,
            "field": one.field,
            "type": one.type,
            "at_least": one.at_least,
            "below": one.below,
        }
        for one in all_of
    ]
