"""What a data subject may ask of us, how far that is, and until when we have to answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import Conflict

ANSWER_WITHIN = timedelta(days=30)  # one month by Article 12 (3) GDPR, in its shortest reading
WARN_BEFORE = timedelta(days=7)


class RequestKind(StrEnum):
    """What is asked for."""

    ACCESS = "access"
    CORRECTION = "correction"
    EXPORT = "export"
    ERASURE = "erasure"


class RequestStatus(StrEnum):
    """How far a request is."""

    RECEIVED = "received"
    VERIFIED = "verified"  # it is the person who asks
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"


class RefusalReason(StrEnum):
    """Why a request is refused."""

    NOT_THE_PERSON = "not_the_person"
    UNFOUNDED = "unfounded"
    EXCESSIVE = "excessive"
    MUST_BE_KEPT = "must_be_kept"  # a law demands it
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a data subject asks for, about whom of a customer, and who sees to it."""

    kind: RequestKind
    contact_id: str | None = None  # None: the customer as a whole
    received_at: datetime | None = None
    handler_id: str | None = None


@dataclass(frozen=True, slots=True)
class Whom:
    """Who a request is about: a customer with all ids that it has and had, or one contact of it alone."""

    customer_ids: list[str]  # the one that it has now comes first
    contact_id: str | None = None

    @property
    def ids(self) -> list[str]:
        """Return the ids of who is meant."""
        return self.customer_ids if self.contact_id is None else [self.contact_id]


OPEN = (RequestStatus.RECEIVED, RequestStatus.VERIFIED, RequestStatus.RUNNING)
ANSWERED_BY_FILE = (RequestKind.ACCESS, RequestKind.EXPORT)


@dataclass(frozen=True, slots=True)
class AccessFile:
    """The file that somebody made of all that the house keeps of a person."""

    whom: Whom
    sha256: str
    size: int  # bytes
    services: Mapping[str, Mapping[str, int]]  # service -> table -> rows


class RequestState(Conflict):
    """Refuse what a request is not ready for, or is past."""

    code = "accounts.privacy.state"


class RequestOpen(Conflict):
    """Refuse a second request of the same kind while one is open."""

    code = "accounts.privacy.open"


class FileIncomplete(Conflict):
    """Refuse a file in which a service is missing: the person is to hear of all that is kept."""

    code = "accounts.privacy.file_incomplete"


class FileOutdated(Conflict):
    """Refuse a file about other records than whoever asked has by now."""

    code = "accounts.privacy.file_outdated"


class MergeOpen(Conflict):
    """Refuse to erase who is in a merge that is not at its end."""

    code = "accounts.privacy.merge_open"


class ImportOpen(Conflict):
    """Refuse to erase who is in an import that is not at its end."""

    code = "accounts.privacy.import_open"


def demand(status: RequestStatus, *wanted: RequestStatus) -> None:
    """Demand that a request is so far.

    :raises RequestState: if it is not.
    """
    if status not in wanted:
        raise RequestState(
            "The request is not at a point where this can be done.",
            detail={"status": status, "wanted": [str(one) for one in wanted]},
        )


def next_warning(deadline: datetime, now: datetime) -> datetime | None:
    """Return when somebody is to be warned next: before the time is over, then when it is."""
    return next((due for due in (deadline - WARN_BEFORE, deadline) if due > now), None)


def addendum(
    known: Mapping[str, Mapping[str, object]], service: str, messages: int, at: datetime
) -> dict[str, object]:
    """Say how many parked messages a service has dropped by now; who was told of more knows more."""
    before = known.get(service, {}).get("messages", 0)
    if not isinstance(before, int) or before >= messages:
        return dict(known)
    return {**known, service: {"messages": messages, "last_at": at.isoformat()}}


def certificate(
    answers: Mapping[str, Mapping[str, int]], by: str, at: datetime
) -> dict[str, object]:
    """Say what was erased where: kinds and counts, never who."""
    return {
        "by": by,
        "at": at.isoformat(),
        "services": {service: dict(counts) for service, counts in sorted(answers.items())},
    }


def demand_whole(file: AccessFile, whom: Whom, services: Collection[str]) -> None:
    """Demand that every service is in a file, and that it is about these records.

    :raises FileIncomplete: if a service is missing.
    :raises FileOutdated: if it is about other records.
    """
    missing = sorted(set(services) - file.services.keys())
    if missing:
        raise FileIncomplete("The file is not complete.", detail={"missing": missing})
    is_same = set(file.whom.customer_ids) == set(whom.customer_ids)
    if not is_same or file.whom.contact_id != whom.contact_id:
        raise FileOutdated("Whom this is about has changed since; make the file again.")


def file_certificate(file: AccessFile, by: str, at: datetime) -> dict[str, object]:
    """Say what was handed over out of which service: a checksum and counts, never what."""
    counts = {service: dict(tables) for service, tables in sorted(file.services.items())}
    made = {"by": by, "at": at.isoformat(), "services": counts}
    return made | {"sha256": file.sha256, "size": file.size}
