"""What sales tells of the words on its leads, in private."""

from dataclasses import dataclass

from contracts.base import event, personal


@event("sales.lead.tagged.v1", subject="lead_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTagged:
    """Words were put on a lead or taken off, or it became a customer; these are on it now."""

    lead_id: str
    version: int
    owner_id: str | None
    tags: tuple[str, ...] = personal()  # keys, in order; one may be somebody's name
    customer_id: str | None = None  # that it became: the words go on it
