"""Everything that marketing can do, on one page."""

from chassis import disclosing, following
from chassis.fields import OfCustomer
from chassis.rows import command, copy, on, process, query, records, runs, timer
from chassis.service import Service
from contracts import accounts, privacy, sales, service_desk
from services.marketing.processes.filling import FILL_SEGMENT
from services.marketing.processes.following import DISCLOSING, FOLLOW, FOLLOWER
from services.marketing.processes.launching import LAUNCH_CAMPAIGN
from services.marketing.processes.sending import SEND_MESSAGE
from services.marketing.reads import campaigns as campaign_reads
from services.marketing.reads import cards
from services.marketing.reads import segments as segment_reads
from services.marketing.reads import sends as send_reads
from services.marketing.resources import RESOURCES
from services.marketing.schemas import campaigns as campaign
from services.marketing.schemas import segments as segment
from services.marketing.schemas import sends as send
from services.marketing.tables import ConsentRef, CustomerRef, FieldRef
from services.marketing.usecases import (
    audience,
    campaigns,
    responses,
    segments,
    sends,
    surveys,
    templates,
    unsubscribing,
)


class Marketing(Service):
    """Segments, campaigns, sending, responses."""

    name = "marketing"

    # segments
    define_segment = command(
        segments.define_segment,
        accepts=segment.DefineSegment(),
        shows=segment.SegmentShown(),
        needs="segment.write",
    )
    revise_segment = command(
        segments.revise_segment,
        accepts=segment.ReviseSegment(),
        shows=segment.SegmentShown(),
        needs="segment.write",
    )
    refill_segment = command(
        segments.refill_segment,
        accepts=segment.OneSegment(),
        shows=segment.SegmentShown(),
        needs="segment.write",
    )
    retire_segment = command(
        segments.retire_segment,
        accepts=segment.OneSegment(),
        shows=segment.SegmentShown(),
        needs="segment.write",
    )
    preview_segment = query(
        segment_reads.preview_segment, accepts=segment.PreviewSegment(), needs="segment.read"
    )
    segment_members = query(
        segment_reads.segment_members,
        accepts=segment.SegmentMembers(),
        shows=segment.MembershipShown(),
        needs="segment.read",
    )
    explain_member = query(
        segment_reads.explain_member,
        accepts=segment.ExplainMember(),
        shows=segment.ExplanationShown(),
        needs="segment.read",
    )
    tag_customer = command(
        audience.tag_customer, accepts=segment.TagCustomer(), needs="segment.write"
    )
    untag_customer = command(
        audience.untag_customer, accepts=segment.TagCustomer(), needs="segment.write"
    )
    fill_segment = runs(FILL_SEGMENT)

    # templates and campaigns
    save_template = command(
        templates.save_template,
        accepts=campaign.SaveTemplate(),
        shows=campaign.TemplateShown(),
        needs="campaign.write",
    )
    revise_template = command(
        templates.revise_template,
        accepts=campaign.ReviseTemplate(),
        shows=campaign.TemplateShown(),
        needs="campaign.write",
    )
    draft_campaign = command(
        campaigns.draft_campaign,
        accepts=campaign.DraftCampaign(),
        shows=campaign.CampaignShown(),
        needs="campaign.write",
    )
    redraft_campaign = command(
        campaigns.redraft_campaign,
        accepts=campaign.RedraftCampaign(),
        shows=campaign.CampaignShown(),
        needs="campaign.write",
    )
    launch_campaign = process(
        LAUNCH_CAMPAIGN, accepts=campaign.OneCampaign(), needs="campaign.launch"
    )
    record_response = command(
        responses.record_response,
        accepts=campaign.RecordResponse(),
        shows=campaign.ResponseShown(),
        needs="campaign.write",
    )
    campaign_report = query(
        campaign_reads.campaign_report, accepts=campaign.CampaignReport(), needs="campaign.read"
    )

    # the ledger
    send_message = runs(SEND_MESSAGE)
    unknown_sends = query(
        send_reads.unknown_sends,
        accepts=send.UnknownSends(),
        shows=send.SendShown(),
        needs="send.read",
    )
    settle_send = command(
        sends.settle_send,
        accepts=send.SettleSend(),
        shows=send.SendShown(),
        needs="send.settle",
    )
    reconcile_sends = command(
        sends.reconcile_sends, accepts=send.ReconcileSends(), needs="send.settle"
    )

    # who wants no more
    unsubscribe_form = query(send_reads.unsubscribe_form, accepts=send.Link(), needs="consent.read")
    unsubscribe = command(unsubscribing.unsubscribe, accepts=send.Link(), needs="consent.write")
    set_do_not_contact = command(
        unsubscribing.set_do_not_contact,
        accepts=send.SetDoNotContact(),
        shows=send.SuppressionShown(),
        needs="consent.write",
    )
    allow_address = command(
        unsubscribing.allow_address,
        accepts=OfCustomer(),
        shows=send.SuppressionShown(),
        needs="consent.write",
    )

    # the whole
    customer_card = query(cards.customer_card, accepts=OfCustomer(), needs="customer.read")

    # what others tell, and what is due
    customers = copy(CustomerRef, of=accounts.Customer)
    consents = copy(ConsentRef, of=accounts.Consent)
    merges = on((accounts.CustomerMerged, accounts.CustomerUnmerged), following.begin)
    erasures = on((privacy.CustomerErased, privacy.ContactErased), following.begin_erasure)
    follow_customer = runs(FOLLOW)
    count_dropped = timer(following.DROPPED, following.count_dropped(FOLLOWER))

    # for who asks what we know of her
    customer_data = disclosing.row(DISCLOSING, needs="privacy.disclose")
    fields = copy(FieldRef, of=accounts.Field)
    customer_facts = on(
        (accounts.CustomerRecorded, accounts.CustomerRemoved), audience.note_customer
    )
    order_facts = on((sales.OrderPlaced, sales.OrderRevised), audience.note_order)
    survey_invitations = on(service_desk.SurveyInvited, surveys.invite)
    consents_asked = on(accounts.ConsentAsked, surveys.ask_to_confirm)
    recheck_recency = timer(audience.RECENCY, audience.recheck)
    send_when_liked = timer(sends.WINDOW_OPENS, sends.go_on)

    # plain records
    records = records(RESOURCES)
