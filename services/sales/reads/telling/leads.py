"""Events made of leads."""

from collections.abc import Callable

from contracts import sales
from contracts.tagging import LeadTagged
from services.sales.tables import Lead


def lead_created(lead: Lead) -> sales.LeadCreated:
    """Tell that a lead was captured."""
    return sales.LeadCreated(
        lead_id=lead.id,
        version=lead.version,
        source=lead.source,
        status=lead.status,
        matched_customer_id=lead.customer_id,
        campaign_id=lead.campaign_id,
        state=lead.state,
        entity_id=lead.entity_id,
    )


def lead_matched(lead: Lead) -> sales.LeadMatched:
    """Tell that a lead is a customer that we have."""
    return sales.LeadMatched(
        lead_id=lead.id, version=lead.version, customer_id=str(lead.customer_id)
    )


def lead_tagged(lead: Lead) -> LeadTagged:
    """Tell which words are on a lead, and on whom they go."""
    return LeadTagged(
        lead_id=lead.id,
        version=lead.version,
        owner_id=lead.owner_id,
        tags=tuple(lead.tags or ()),
        customer_id=lead.customer_id if lead.converted_at is not None else None,
    )


def lead_assigned(previous_owner_id: str | None) -> Callable[[Lead], sales.LeadAssigned]:
    """Tell who got a lead, from whom."""

    def make(lead: Lead) -> sales.LeadAssigned:
        return sales.LeadAssigned(
            lead_id=lead.id,
            version=lead.version,
            previous_owner_id=previous_owner_id,
            owner_id=str(lead.owner_id),
            team_id=lead.team_id,
            territory_id=lead.territory_id,
            reason=lead.assignment.value if lead.assignment else "",
        )

    return make


def lead_overdue(lead: Lead) -> sales.LeadActionOverdue:
    """Tell that the next action on a lead was not taken in time."""
    assert lead.next_action_due is not None
    return sales.LeadActionOverdue(
        lead_id=lead.id,
        version=lead.version,
        owner_id=lead.owner_id,
        due=lead.next_action_due,
        reminders=lead.reminders,
    )


def lead_action_planned(lead: Lead) -> sales.LeadActionPlanned:
    """Tell that somebody planned the next action on a lead."""
    assert lead.next_action_due is not None
    return sales.LeadActionPlanned(
        lead_id=lead.id, version=lead.version, owner_id=lead.owner_id, due=lead.next_action_due
    )


def lead_qualified(lead: Lead) -> sales.LeadQualified:
    """Tell that a lead is worth working on."""
    return sales.LeadQualified(lead_id=lead.id, version=lead.version, owner_id=lead.owner_id)


def lead_disqualified(lead: Lead) -> sales.LeadDisqualified:
    """Tell that a lead was given up."""
    assert lead.lost_reason is not None
    return sales.LeadDisqualified(
        lead_id=lead.id, version=lead.version, reason=lead.lost_reason.value
    )
