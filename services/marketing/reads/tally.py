"""What became of a campaign's messages, counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from chassis.work import Work
from services.marketing.domain.sends import OPEN, Reason, SendStatus
from services.marketing.tables import Send


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages came to which fate."""

    by_fate: Mapping[SendStatus, int]
    suppressed: Mapping[str, int]  # reason -> count
    waiting: int  # planned, until their customers like to be written to

    @property
    def sent(self) -> int:
        """Return how many the mail server took."""
        return self.by_fate.get(SendStatus.SENT, 0)

    @property
    def refused(self) -> int:
        """Return how many it did not take."""
        return self.by_fate.get(SendStatus.REFUSED, 0)

    @property
    def unknown(self) -> int:
        """Return of how many nobody knows."""
        return self.by_fate.get(SendStatus.UNKNOWN, 0)


def is_under_way(work: Work, campaign_id: str) -> bool:
    """Say whether a message of a campaign has no fate yet."""
    query = select(Send.id).where(Send.campaign_id == campaign_id, Send.status.in_(OPEN))
    return work.session.scalar(query.limit(1)) is not None


def tally(work: Work, campaign_id: str) -> Tally:
    """Count a campaign's messages by their fate."""
    query = (
        select(Send.status, Send.reason, func.count())
        .where(Send.campaign_id == campaign_id)
        .group_by(Send.status, Send.reason)
    )
    by_fate: dict[SendStatus, int] = {}
    suppressed: dict[str, int] = {}
    waiting = 0
    for status, reason, count in work.session.execute(query):
        by_fate[status] = by_fate.get(status, 0) + count
        if status is SendStatus.SUPPRESSED and reason is not None:
            suppressed[reason.value] = count
        waiting += count if reason is Reason.OUTSIDE_WINDOW else 0
    return Tally(by_fate, suppressed, waiting)
