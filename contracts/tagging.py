"""What sales tells of the words on its leads."""

from dataclasses import dataclass

from contracts.base import event


@event("sales.lead.tagged.v1", subject="lead_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTagged:
    """Words were put on a lead or taken off; these are on it now."""

    lead_id: str
    version: int
    owner_id: str | None
    tags: tuple[str, ...]  # keys, in order
