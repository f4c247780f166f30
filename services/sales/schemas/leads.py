"""Leads as they come in and as they are shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Regexp

from chassis.fields import ID, KEY, Moment, One, ShownOwned, line
from chassis.schemas import MAX_TEXT, Accepted, Shown
from services.sales.domain.leads import (
    MAX_TAGS,
    AssignmentReason,
    DisqualifyReason,
    NewLead,
    StatusType,
)
from services.sales.domain.opportunities import NewOpportunity
from services.sales.schemas.common import COUNTRY, EMAIL, MAX_EXTERNAL_IDS, MAX_NOTE
from services.sales.schemas.opportunities import OpportunityFields

# Its key or its id. It is told in the log, and a web form may send what it likes.
CAMPAIGN = Regexp(r"\A[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}\Z", error="Not a campaign.")
PHONE = Regexp(r"\A[0-9+()./ \-x]{3,40}\Z", error="Not a phone number.")


class CaptureLead(Accepted):
    """Somebody who might buy."""

    source = fields.Str(required=True, validate=KEY)
    name = line(200, required=True)
    company = line(200, allow_none=True)
    email = fields.Str(allow_none=True, validate=[Length(3, 254), EMAIL])
    phone = fields.Str(allow_none=True, validate=PHONE)
    country = fields.Str(allow_none=True, validate=COUNTRY)
    state = line(80, allow_none=True)
    external_ids = fields.Dict(
        keys=fields.Str(validate=KEY),
        values=line(80),
        validate=Length(max=MAX_EXTERNAL_IDS),
    )
    campaign_id = fields.Str(allow_none=True, validate=CAMPAIGN)
    message = fields.Str(allow_none=True, validate=Length(max=MAX_TEXT))
    next_action_due = Moment(allow_none=True)
    submission_id = fields.Str(allow_none=True, validate=ID)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand a use case one value."""
        return {"new": NewLead(**data)}


class OneLead(One):
    """Name a lead."""

    lead_id = fields.Str(required=True, validate=ID)


class AssignLead(OneLead):
    """Give a lead to somebody."""

    owner_id = fields.Str(required=True, validate=ID)


class PlanLeadAction(OneLead):
    """Say what is to be done next with a lead, and until when."""

    due = Moment(required=True)
    action = fields.Str(load_default=None, allow_none=True, validate=Length(1, 200))


class MoveLead(OneLead):
    """Give a lead another status."""

    status = fields.Str(required=True, validate=KEY)
    next_action_due = Moment(load_default=None, allow_none=True)


class TagLead(OneLead):
    """Name the words to put on a lead and to take off."""

    add = fields.List(fields.Str(validate=KEY), load_default=list, validate=Length(max=MAX_TAGS))
    remove = fields.List(fields.Str(validate=KEY), load_default=list, validate=Length(max=MAX_TAGS))


class QualifyLead(OneLead):
    """Find a lead worth working on."""

    next_action_due = Moment(load_default=None, allow_none=True)


class DisqualifyLead(OneLead):
    """Give a lead up; there is always a reason."""

    reason = fields.Enum(DisqualifyReason, by_value=True, required=True)
    note = fields.Str(load_default=None, allow_none=True, validate=Length(1, MAX_NOTE))


class ConvertLead(OpportunityFields):
    """Turn a lead into a customer, a contact and an opportunity."""

    lead_id = fields.Str(required=True, validate=ID)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the process a lead and one value."""
        return {"lead_id": data.pop("lead_id"), "new": NewOpportunity(**data)}


class LeadHistory(Accepted):
    """Ask whose a lead was."""

    lead_id = fields.Str(required=True, validate=ID)


class ReasonShown(Shown):
    """One thing that moved a score, and by how many points."""

    feature = fields.Str()
    value = fields.Str()
    points = fields.Int()


class LeadShown(ShownOwned):
    """A lead as it stands."""

    source = fields.Str()
    status = fields.Str()
    status_type = fields.Enum(StatusType, by_value=True)
    name = fields.Str()
    company = fields.Str()
    email = fields.Str()
    phone = fields.Str()
    message = fields.Str()
    country = fields.Str()
    state = fields.Str()
    external_ids = fields.Dict(keys=fields.Str(), values=fields.Str())
    campaign_id = fields.Str()
    customer_id = fields.Str()
    contact_id = fields.Str()
    opportunity_id = fields.Str()
    assignment = fields.Enum(AssignmentReason, by_value=True)
    next_action = fields.Str()
    next_action_due = Moment()
    reminders = fields.Int()
    captured_at = Moment()
    qualified_at = Moment()
    converted_at = Moment()
    lost_reason = fields.Enum(DisqualifyReason, by_value=True)
    lost_note = fields.Str()
    tags = fields.List(fields.Str())
    score = fields.Int()
    score_reasons = fields.List(fields.Nested(ReasonShown))
    scored_at = Moment()


class AssignmentShown(Shown):
    """Whom a lead was given to, and why."""

    at = Moment()
    previous_owner_id = fields.Str()
    owner_id = fields.Str()
    territory_id = fields.Str()
    reason = fields.Enum(AssignmentReason, by_value=True)
    actor = fields.Str()


class LeadHistoryShown(Shown):
    """Whom a lead was given to, in order."""

    assignments = fields.List(fields.Nested(AssignmentShown))
