"""Launching a campaign: its members are frozen at once, their messages planned a few at a time."""

from dataclasses import dataclass, field

from chassis.errors import Conflict
from chassis.steps import Process, Step
from chassis.work import Work
from services.marketing.domain.campaigns import CampaignStatus
from services.marketing.reads import campaigns as reads
from services.marketing.reads import records
from services.marketing.tables import Campaign
from services.marketing.usecases import campaigns, sends

CHUNK = 100  # messages planned in one transaction


@dataclass
class LaunchState:
    """How far a launch is."""

    campaign_id: str
    version: int
    after: str = ""
    answer: dict[str, object] = field(default_factory=dict)


def _begin(work: Work, *, campaign_id: str, version: int) -> LaunchState:
    """Check at once what can be refused at once.

    :raises StaleVersion: if the campaign was drawn up anew meanwhile.
    """
    campaign = work.get(Campaign, campaign_id)
    if campaign.status is CampaignStatus.DRAFT:
        work.get(Campaign, campaign_id, version=version)
        campaigns.demand_launchable(work, campaign)
    return LaunchState(campaign.id, version)


def _freeze(work: Work, state: LaunchState) -> None:
    campaign = _locked(work, state)
    if campaign.version != state.version:
        raise Conflict("The campaign was drawn up anew.", code="marketing.campaign.changed")
    campaigns.launch(work, campaign)
    state.answer = {
        "campaign_id": campaign.id, "members": campaign.members, "status": campaign.status.value,
    }  # fmt: skip


def _plan(work: Work, state: LaunchState) -> bool:
    campaign = _locked(work, state)
    found = reads.members_after(work, campaign.id, state.after, CHUNK)
    planned = reads.planned(work, campaign.id, found)
    for customer_id in found:
        if customer_id in planned:
            continue
        sends.plan_for_campaign(work, campaign, customer_id)
    if len(found) == CHUNK:
        state.after = found[-1]
        return True
    campaign.is_planned = True
    work.flush()
    campaigns.finish_if_done(work, campaign.id)
    return False


def _locked(work: Work, state: LaunchState) -> Campaign:
    campaign = records.locked(work, Campaign, state.campaign_id)
    assert campaign is not None, "a campaign is never deleted"
    return campaign


LAUNCH_CAMPAIGN = Process(
    kind="launch_campaign",
    state=LaunchState,
    begin=_begin,
    key=lambda state: state.campaign_id,
    steps=(Step("freeze", _freeze), Step("plan", _plan)),
    answer=lambda state: state.answer,
)
