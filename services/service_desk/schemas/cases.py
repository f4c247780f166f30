"""Cases as they come in and as they are shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import ID, Moment, One, Paged, ShownOwned, line
from chassis.schemas import MAX_TEXT, Accepted, Shown
from services.service_desk.domain.cases import (
    CaseState,
    CaseType,
    Change,
    Channel,
    CustomerView,
    MoveReason,
    NewCase,
    ReopenReason,
    Resolution,
    Severity,
)
from services.service_desk.domain.milestones import Milestone

MAX_NOTE = 500
MAX_NOTES_PAGE = 40  # of 24 kB at most: as many as fit into an answer
TEXT = Length(1, MAX_TEXT)


class OpenCase(Accepted):
    """Somebody wants something of us."""

    type = fields.Enum(CaseType, by_value=True, required=True)
    severity = fields.Enum(Severity, by_value=True, load_default=Severity.NORMAL)
    channel = fields.Enum(Channel, by_value=True, required=True)
    subject = line(200, required=True)
    description = fields.Str(allow_none=True, validate=TEXT)
    customer_id = fields.Str(allow_none=True, validate=ID)
    call_id = fields.Str(allow_none=True, validate=ID)
    order_id = fields.Str(allow_none=True, validate=ID)
    assignee_id = fields.Str(allow_none=True, validate=ID)
    accused_id = fields.Str(allow_none=True, validate=ID)
    accused_team_id = fields.Str(allow_none=True, validate=ID)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        return {"new": NewCase(**data)}


class OneCase(One):
    """Name a case."""

    case_id = fields.Str(required=True, validate=ID)


class AssignCase(OneCase):
    """Give a case to somebody."""

    assignee_id = fields.Str(required=True, validate=ID)


class MoveCase(OneCase):
    """Work on a case, or wait for its customer."""

    state = fields.Enum(CaseState, by_value=True, required=True)
    reason = fields.Enum(MoveReason, by_value=True, load_default=None, allow_none=True)


class ReclassifyCase(OneCase):
    """Say how bad it really is."""

    severity = fields.Enum(Severity, by_value=True, required=True)


class RespondCase(OneCase):
    """Say how the customer heard from us."""

    channel = fields.Enum(Channel, by_value=True, required=True)


class ResolveCase(OneCase):
    """Say what came of a case."""

    resolution = fields.Enum(Resolution, by_value=True, required=True)
    note = fields.Str(load_default=None, allow_none=True, validate=Length(1, MAX_NOTE))


class TellOutcome(RespondCase):
    """Say how the customer was told the result, and what they said of it."""

    customer_view = fields.Enum(CustomerView, by_value=True, load_default=CustomerView.UNKNOWN)


class CloseCase(OneCase):
    """End a case."""

    customer_view = fields.Enum(CustomerView, by_value=True, load_default=None, allow_none=True)


class ReopenCase(OneCase):
    """Take a case up again; there is always a reason."""

    reason = fields.Enum(ReopenReason, by_value=True, required=True)


class AddCaseNote(Accepted):
    """Write something down about a case."""

    case_id = fields.Str(required=True, validate=ID)
    text = fields.Str(required=True, validate=TEXT)


class CaseNamed(Accepted):
    """Ask about a case."""

    case_id = fields.Str(required=True, validate=ID)


class RelatedCases(Paged):
    """Ask what else belongs to a case's customer, order or call."""

    case_id = fields.Str(required=True, validate=ID)


class CaseHistory(Paged):
    """Ask what happened to a case."""

    case_id = fields.Str(required=True, validate=ID)


class CaseNotes(CaseHistory):
    """Ask what was written down about a case."""

    limit = fields.Int(load_default=MAX_NOTES_PAGE, strict=True, validate=Range(1, MAX_NOTES_PAGE))


class CaseShown(ShownOwned):
    """A case as it stands."""

    number = fields.Str()
    type = fields.Enum(CaseType, by_value=True)
    severity = fields.Enum(Severity, by_value=True)
    channel = fields.Enum(Channel, by_value=True)
    subject = fields.Str()
    description = fields.Str()
    customer_id = fields.Str()
    call_id = fields.Str()
    order_id = fields.Str()
    accused_id = fields.Str()
    accused_team_id = fields.Str()
    assignee_id = fields.Str()
    state = fields.Enum(CaseState, by_value=True)
    policy = fields.Str()
    policy_reason = fields.Str()
    calendar_id = fields.Str()
    opened_at = Moment()
    planned_at = Moment()
    acknowledged_at = Moment()
    responded_at = Moment()
    resolved_at = Moment()
    resolution = fields.Enum(Resolution, by_value=True)
    resolution_note = fields.Str()
    outcome_told_at = Moment()
    customer_view = fields.Enum(CustomerView, by_value=True)
    closed_at = Moment()
    seconds_open = fields.Int()
    escalation_level = fields.Int()
    escalations = fields.Int()
    reopened = fields.Int()


class CaseMilestoneShown(Shown):
    """What was promised, and what became of it."""

    milestone = fields.Enum(Milestone, by_value=True)
    round = fields.Int()
    since = Moment()
    target_seconds = fields.Int()
    warn_percent = fields.Int()
    warn_at = Moment()
    due = Moment()
    warned_at = Moment()
    breached_at = Moment()
    met_at = Moment()
    seconds_used = fields.Int()
    ended_at = Moment()


class CaseChangeShown(Shown):
    """One line of a case's history."""

    place = fields.Int()
    change = fields.Enum(Change, by_value=True)
    at = Moment()
    noted_at = Moment()
    state = fields.Enum(CaseState, by_value=True)
    assignee_id = fields.Str()
    level = fields.Int()
    reason = fields.Str()
    actor = fields.Str()


class CaseNoteShown(Shown):
    """What somebody wrote down."""

    id = fields.Str()
    case_id = fields.Str()
    at = Moment()
    text = fields.Str()
    actor = fields.Str()


class CaseFile(Shown):
    """A case with all that belongs to it."""

    case = fields.Nested(CaseShown)
    milestones = fields.List(fields.Nested(CaseMilestoneShown))
    history = fields.List(fields.Nested(CaseChangeShown))
    notes = fields.List(fields.Nested(CaseNoteShown))
