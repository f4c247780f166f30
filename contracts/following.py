"""What each service answers when accounts has something done with a customer everywhere."""

from dataclasses import dataclass

from contracts.base import event


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What a service has done with what it keeps of a customer."""

    task_id: str  # of accounts
    task: str  # merge, unmerge, erasure
    customer_id: str  # the record that stays, or was erased
    counts: dict[str, int]  # kind of record -> how many


@event("sales.customer.followed.v1", subject="task_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class SalesFollowed(Followed):
    """Sales has followed a task of accounts."""


@event("service_desk.customer.followed.v1", subject="task_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDeskFollowed(Followed):
    """The service desk has followed a task of accounts."""


@event("marketing.customer.followed.v1", subject="task_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class MarketingFollowed(Followed):
    """Marketing has followed a task of accounts."""


@event("telephony.customer.followed.v1", subject="task_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class TelephonyFollowed(Followed):
    """Telephony has followed a task of accounts."""


@event("analytics.customer.followed.v1", subject="task_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsFollowed(Followed):
    """Analytics has followed a task of accounts."""
