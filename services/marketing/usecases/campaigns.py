"""Campaigns: drawn up, launched for the members of that moment, finished with the last fate."""

from chassis.work import Work
from services.marketing.domain import campaigns as rules
from services.marketing.domain.campaigns import CampaignStatus, Plan
from services.marketing.domain.segments import SegmentRetired
from services.marketing.domain.templates import Purpose
from services.marketing.reads import campaigns as reads
from services.marketing.reads import records, tally, telling
from services.marketing.tables import Campaign, Segment, Template


def draft_campaign(work: Work, *, key: str, plan: Plan) -> Campaign:
    """Draw up a campaign.

    :raises NotForCampaigns: if the template is not for marketing.
    :raises ReservedResponse: if one of its classes is one that every campaign has.
    """
    campaign = Campaign(
        key=key, status=CampaignStatus.DRAFT, members=0, is_planned=False, variants=None
    )
    _write(work, campaign, plan)
    return work.add(campaign)


def redraft_campaign(work: Work, *, campaign_id: str, version: int, plan: Plan) -> Campaign:
    """Draw up a campaign anew.

    :raises CampaignLaunched: if it was launched.
    """
    campaign = work.get(Campaign, campaign_id, version=version)
    rules.demand_draft(campaign.status)
    _write(work, campaign, plan)
    return campaign


def demand_launchable(work: Work, campaign: Campaign) -> Template:
    """Demand that a campaign may be launched now, and return its template.

    :raises CampaignLaunched: if it was.
    :raises SegmentRetired: if its segment is out of force, or being filled.
    """
    rules.demand_draft(campaign.status)
    segment = work.get(Segment, campaign.segment_id)
    if not segment.active:
        raise SegmentRetired("The segment is out of force.")
    if segment.filling is not None:
        raise SegmentRetired(
            "Everybody is being held against the segment's conditions; try again soon.",
            code="marketing.segment.being_filled",
        )
    return _for_marketing(work, campaign.template_id)


def launch(work: Work, campaign: Campaign) -> None:
    """Freeze whom a campaign addresses and what it says."""
    template = demand_launchable(work, campaign)
    campaign.variants = template.variants
    campaign.members = reads.freeze_members(work, campaign)
    campaign.status, campaign.launched_at = CampaignStatus.SENDING, work.now
    work.tell(telling.campaign_launched, campaign)


def finish_if_done(work: Work, campaign_id: str) -> None:
    """Finish a campaign whose every message has its fate."""
    # Under the lock: of two last messages at a time, one sees the other.
    campaign = records.locked(work, Campaign, campaign_id)
    assert campaign is not None
    if campaign.status is not CampaignStatus.SENDING or not campaign.is_planned:
        return
    work.flush()
    if tally.is_under_way(work, campaign.id):
        return
    campaign.status, campaign.finished_at = CampaignStatus.FINISHED, work.now
    work.tell(telling.campaign_finished(tally.tally(work, campaign.id)), campaign)


def _write(work: Work, campaign: Campaign, plan: Plan) -> None:
    rules.demand_own_classes(plan.responses)
    segment = work.get(Segment, plan.segment_id)
    if not segment.active:
        raise SegmentRetired("The segment is out of force.")
    template = _for_marketing(work, plan.template_id)
    campaign.label, campaign.window_days = plan.label, plan.window_days
    campaign.honours_preference = plan.honours_preference
    campaign.segment_id, campaign.template_id = segment.id, template.id
    campaign.responses = list(dict.fromkeys(plan.responses))


def _for_marketing(work: Work, template_id: str) -> Template:
    template = work.get(Template, template_id)
    if template.purpose is not Purpose.MARKETING:
        raise rules.NotForCampaigns("A campaign needs a template for marketing.")
    return template
