"""Everything that sales can do, on one page."""

from chassis import disclosing, following, leaving
from chassis.fields import OfCustomer
from chassis.rows import command, copy, on, process, query, records, runs, timer
from chassis.service import Service
from contracts import accounts, analytics, erp, owning, privacy
from services.sales.processes.capture import CAPTURE_LEAD
from services.sales.processes.conversion import CONVERT_LEAD
from services.sales.processes.following import DISCLOSING, FOLLOW, FOLLOWER
from services.sales.processes.leaving import TAKE_OVER
from services.sales.processes.owning import HAND_ON
from services.sales.reads import leads as lead_reads
from services.sales.reads import opportunities as opportunity_reads
from services.sales.reads import orders as order_reads
from services.sales.reads import overview
from services.sales.reads import quotes as quote_reads
from services.sales.resources import RESOURCES
from services.sales.schemas import leads as lead
from services.sales.schemas import opportunities as opportunity
from services.sales.schemas import orders as order
from services.sales.schemas import pipeline as words
from services.sales.schemas import quotes as quote
from services.sales.tables import CustomerRef, StaffRef, TerritoryRef
from services.sales.usecases import erp as from_erp
from services.sales.usecases import (
    leads,
    opportunities,
    orders,
    ownership,
    pipeline,
    quotes,
    scores,
)


class Sales(Service):
    """Leads, opportunities, quotes, products and orders."""

    name = "sales"

    # leads
    capture_lead = process(CAPTURE_LEAD, accepts=lead.CaptureLead(), needs="lead.write")
    assign_lead = command(
        leads.assign_lead, accepts=lead.AssignLead(), shows=lead.LeadShown(), needs="lead.assign"
    )
    plan_lead_action = command(
        leads.plan_lead_action,
        accepts=lead.PlanLeadAction(),
        shows=lead.LeadShown(),
        needs="lead.write",
    )
    move_lead = command(
        leads.move_lead, accepts=lead.MoveLead(), shows=lead.LeadShown(), needs="lead.write"
    )
    tag_lead = command(
        leads.tag_lead, accepts=lead.TagLead(), shows=lead.LeadShown(), needs="lead.write"
    )
    qualify_lead = command(
        leads.qualify_lead, accepts=lead.QualifyLead(), shows=lead.LeadShown(), needs="lead.write"
    )
    disqualify_lead = command(
        leads.disqualify_lead,
        accepts=lead.DisqualifyLead(),
        shows=lead.LeadShown(),
        needs="lead.write",
    )
    convert_lead = process(CONVERT_LEAD, accepts=lead.ConvertLead(), needs="lead.convert")
    lead_history = query(
        lead_reads.history,
        accepts=lead.LeadHistory(),
        shows=lead.LeadHistoryShown(),
        needs="lead.read",
    )

    # opportunities
    open_opportunity = command(
        opportunities.open_opportunity,
        accepts=opportunity.OpenOpportunity(),
        shows=opportunity.OpportunityShown(),
        needs="opportunity.write",
    )
    revise_opportunity = command(
        opportunities.revise_opportunity,
        accepts=opportunity.ReviseOpportunity(),
        shows=opportunity.OpportunityShown(),
        needs="opportunity.write",
    )
    move_stage = command(
        opportunities.move_stage,
        accepts=opportunity.MoveStage(),
        shows=opportunity.OpportunityShown(),
        needs="opportunity.write",
    )
    win_opportunity = command(
        opportunities.win_opportunity,
        accepts=opportunity.OneOpportunity(),
        shows=opportunity.OpportunityShown(),
        needs="opportunity.write",
    )
    lose_opportunity = command(
        opportunities.lose_opportunity,
        accepts=opportunity.LoseOpportunity(),
        shows=opportunity.OpportunityShown(),
        needs="opportunity.write",
    )
    stage_report = query(
        opportunity_reads.stage_report, accepts=opportunity.StageReport(), needs="opportunity.read"
    )

    # quotes
    draft_quote = command(
        quotes.draft_quote,
        accepts=quote.DraftQuote(),
        shows=quote.QuoteShown(),
        needs="quote.write",
    )
    redraft_quote = command(
        quotes.redraft_quote,
        accepts=quote.RedraftQuote(),
        shows=quote.QuoteShown(),
        needs="quote.write",
    )
    send_quote = command(
        quotes.send_quote, accepts=quote.OneQuote(), shows=quote.QuoteShown(), needs="quote.write"
    )
    accept_quote = command(
        quotes.accept_quote, accepts=quote.OneQuote(), shows=quote.QuoteShown(), needs="quote.write"
    )
    quote_with_lines = query(
        quote_reads.with_lines,
        accepts=quote.QuoteLines(),
        shows=quote.QuoteWithLines(),
        needs="quote.read",
    )

    # orders
    place_order = command(
        orders.place_order,
        accepts=order.PlaceOrder(),
        shows=order.OrderShown(),
        needs="order.write",
    )
    order_quote = command(
        orders.order_quote, accepts=quote.OneQuote(), shows=order.OrderShown(), needs="order.write"
    )
    order_with_lines = query(
        order_reads.with_lines,
        accepts=order.OrderLines(),
        shows=order.OrderWithLines(),
        needs="order.read",
    )
    erp_orders = on(
        erp.ORDER_UPSERT,
        from_erp.take_order,
        accepts=order.OrderUpsert(),
        refused=from_erp.refuse_order,
    )
    erp_products = on(
        erp.PRODUCT_UPSERT,
        from_erp.take_product,
        accepts=order.ProductUpsert(),
        refused=from_erp.refuse_product,
    )

    # the whole
    customer_card = query(overview.customer_card, accepts=OfCustomer(), needs="customer.read")
    funnel = query(overview.funnel, needs="opportunity.read")
    totals = query(order_reads.totals, accepts=order.Totals(), needs="order.read")
    orders_by_month = query(
        order_reads.orders_by_month, accepts=order.OrdersByMonth(), needs="order.read"
    )

    # what accounts and analytics tell, and what is due
    customers = copy(CustomerRef, of=accounts.Customer)
    staff = copy(StaffRef, of=accounts.Staff)
    territories = copy(TerritoryRef, of=accounts.Territory)
    owner_changes = on(accounts.CustomerOwnerChanged, ownership.follow_owner)
    hand_on = runs(HAND_ON)
    merges = on((accounts.CustomerMerged, accounts.CustomerUnmerged), following.begin)
    erasures = on((privacy.CustomerErased, privacy.ContactErased), following.begin_erasure)
    follow_customer = runs(FOLLOW)
    hand_overs = on(owning.StaffHandedOver, leaving.start)
    take_over = runs(TAKE_OVER)
    count_dropped = timer(following.DROPPED, following.count_dropped(FOLLOWER))

    # for who asks what we know of her
    customer_data = disclosing.row(DISCLOSING, needs="privacy.disclose")
    lead_scores = on(analytics.LeadScored, scores.note_score)
    chase_leads = timer(leads.NEXT_ACTION_DUE, leads.remind)
    expire_quotes = timer(quotes.EXPIRY, quotes.expire)

    # words and plain records
    name_status = command(
        pipeline.name_status,
        accepts=words.NameStatus(),
        shows=words.LeadStatusFields(),
        needs="pipeline.write",
    )
    name_stage = command(
        pipeline.name_stage,
        accepts=words.NameStage(),
        shows=words.StageFields(),
        needs="pipeline.write",
    )
    records = records(RESOURCES)
