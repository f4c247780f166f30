"""The facts of the star: which events make which rows. Views over them are in views.py."""

from contracts import accounts, analytics, intake, marketing, sales, service_desk, telephony
from services.analytics.warehouse.fact import Column, Fact, instants, numbers, texts

_DAY = "TRY_CAST(s.{0} AS DATE)"
_ORDERED_ON = Column("ordered_on", "DATE", _DAY.format("ordered_on"))
_ORDER = (
    *texts("order_id external_system external_id customer_id currency status entity_id"),
    *texts("ship_country ship_region ship_state"),
    _ORDERED_ON,
    Column("revision", "BIGINT"),
)
_ORDERS = (sales.OrderPlaced, sales.OrderRevised)
_PRODUCT = "json_extract_string(s.fields['{0}'], '$')"


def _of_product(name: str) -> str:
    # Values of a plain record's fields are JSON text; what is none reads as nothing.
    return f"TRY({_PRODUCT.format(name)})"


FACTS: tuple[Fact, ...] = (
    Fact(
        "fact_customer_event",
        (
            accounts.CustomerCreated,
            accounts.CustomerUpdated,
            accounts.CustomerOwnerChanged,
            accounts.CustomerTierChanged,
            intake.CustomerRetracted,
        ),
        texts(
            "customer_id kind segment country region state entity_id owner_id team_id territory_id tier"
        ),
    ),
    Fact(
        "fact_merge_event",
        (accounts.CustomerMerged, accounts.CustomerUnmerged),
        (*texts("merge_id winner_id"), Column("loser_id", of="e")),
        each="s.losers",
    ),
    Fact(
        "fact_product_event",
        (sales.RecordChanged,),
        (
            Column("product_id", of="s.id"),
            Column("verb"),
            *(Column(name, of=_of_product(name)) for name in "sku name category".split()),
            Column("sub_category", of=_of_product("sub_category")),
            Column("active", "BOOLEAN", f"TRY_CAST({_of_product('active')} AS BOOLEAN)"),
        ),
        where="s.kind = 'product'",
        demands=(
            (
                f"s.kind <> 'product' OR ({_of_product('sku')} IS NOT NULL)",
                "a product's sku is no JSON text",
            ),
        ),
    ),
    Fact(
        "fact_order",
        _ORDERS,
        (*_ORDER, *numbers("total_minor line_count")),
        demands=((f"{_ORDERED_ON.of} IS NOT NULL", "ordered_on is no date"),),
    ),
    Fact(
        "fact_order_line",
        _ORDERS,
        (
            *_ORDER,
            Column("order_total_minor", "BIGINT", "s.total_minor"),
            *(Column(name, of=f"e.{name}") for name in "line_key product_id sku".split()),
            Column("quantity", "BIGINT", "e.quantity"),
            Column("discount", "DECIMAL(9,4)", "TRY_CAST(e.discount AS DECIMAL(9,4))"),
            Column("amount_minor", "BIGINT", "e.amount_minor"),
        ),
        each="s.lines",
        demands=(
            (
                "len(list_filter(s.lines, lambda one: TRY_CAST(one.discount AS DECIMAL(9,4)) IS NULL)) = 0",
                "the discount of a line is no number",
            ),
        ),
    ),
    Fact(
        "fact_lead_event",
        (
            sales.LeadCreated,
            sales.LeadMatched,
            sales.LeadAssigned,
            sales.LeadActionPlanned,
            sales.LeadActionOverdue,
            sales.LeadQualified,
            sales.LeadDisqualified,
            sales.LeadConverted,
        ),
        (
            *texts("lead_id source campaign_id status state owner_id team_id territory_id"),
            Column("customer_id", of="coalesce(s.customer_id, s.matched_customer_id)"),
            *texts("opportunity_id reason"),
            *instants("due"),
            *numbers("seconds_to_convert"),
        ),
    ),
    Fact(
        "fact_opportunity_event",
        (
            sales.OpportunityOpened,
            sales.OpportunityStageChanged,
            sales.OpportunityRevised,
            sales.OpportunityWon,
            sales.OpportunityLost,
        ),
        (
            *texts("opportunity_id customer_id"),
            Column(
                "stage",  # won and lost are stages here
                of="CASE split_part(type, '.', 3) WHEN 'won' THEN 'won' WHEN 'lost' THEN 'lost' "
                "ELSE s.stage END",
            ),
            Column("previous_stage", of="coalesce(s.previous_stage, s.last_stage)"),
            *texts("currency reason lead_id owner_id team_id territory_id entity_id"),
            *numbers("amount_minor win_chance seconds_in_previous seconds_open"),
            Column("expected_close_on", "DATE", _DAY.format("expected_close_on")),
        ),
    ),
    Fact(
        "fact_quote_event",
        (sales.QuoteSent, sales.QuoteExpired, sales.QuoteAccepted),
        (
            *texts("quote_id opportunity_id customer_id currency"),
            *numbers("total_minor"),
            *instants("valid_until"),
        ),
    ),
    Fact(
        "fact_call",
        (telephony.CallEnded, telephony.CallCorrected),
        (
            *texts("call_id direction outcome dnis queue agent_id device customer_id end_reason"),
            *texts("entity_id owner_id team_id territory_id"),
            *instants("started_at ended_at queued_at established_at"),
            *(Column(f"{name}_seconds", "DOUBLE") for name in "wait talk hold".split()),
            *numbers("transfers"),
            Column("estimated", "BOOLEAN"),
        ),
    ),
    Fact(
        "fact_call_event",
        (
            telephony.CallStarted,
            telephony.CallIdentified,
            telephony.CallDelivered,
            telephony.CallDisposed,
        ),
        (
            *texts("call_id direction dnis outcome customer_id agent_id device queue disposition"),
            *instants("started_at"),
        ),
    ),
    Fact(
        "fact_callback_event",
        (telephony.CallbackRequested, telephony.CallbackDue, telephony.CallbackClosed),
        (
            *texts("callback_id call_id customer_id reason queue outcome"),
            *instants("due"),
            *numbers("reminders"),
        ),
    ),
    Fact(
        "fact_case_event",
        (
            service_desk.CaseOpened,
            service_desk.CaseStateChanged,
            service_desk.CaseAssigned,
            service_desk.MilestoneMet,
            service_desk.CaseWarned,
            service_desk.CaseBreached,
            service_desk.CaseEscalated,
            service_desk.CaseReplanned,
            service_desk.CaseClosed,
        ),
        (
            *texts("case_id number severity channel customer_id policy call_id order_id"),
            Column("case_type", of='s."type"'),
            *texts("previous_state state reason milestone assignee_id previous_assignee_id"),
            *texts("from_id to_id resolution customer_view entity_id owner_id team_id"),
            Column("at", "TIMESTAMPTZ", 's."at"'),
            *instants("opened_at closed_at due met_at"),
            Column("in_time", "BOOLEAN"),
            Column("seconds_used", "BIGINT"),
            Column("escalation_level", "BIGINT", 's."level"'),
            *numbers("escalations reopened seconds_open"),
            Column("deadlines", "MAP(VARCHAR, TIMESTAMPTZ)"),
            Column("breached", "VARCHAR[]"),
        ),
    ),
    Fact(
        "fact_survey_answer",
        (service_desk.SurveyAnswered,),
        (
            *texts("survey_id customer_id case_id moment satisfaction"),
            *instants("answered_at"),
            Column("driver", of="e"),
            Column("expected", "BIGINT", "s.expected[e]"),
            Column("perceived", "BIGINT", "s.perceived[e]"),
            Column("gap", "DECIMAL(9,4)", "TRY_CAST(s.gap AS DECIMAL(9,4))"),
        ),
        each="list_distinct(list_concat(map_keys(s.expected), map_keys(s.perceived)))",
    ),
    Fact(
        "fact_campaign_event",
        (marketing.CampaignLaunched, marketing.CampaignFinished),
        (
            *texts("campaign_id key segment_id channel"),
            Column("at", "TIMESTAMPTZ", 's."at"'),
            *numbers("members sent refused unknown"),
            Column("suppressed", "MAP(VARCHAR, BIGINT)"),
        ),
    ),
    Fact(
        "fact_campaign_touch",
        (marketing.TouchSettled,),
        (
            *texts("send_id customer_id campaign_id step channel purpose fate reason"),
            Column("at", "TIMESTAMPTZ", 's."at"'),
        ),
    ),
    Fact(
        "fact_segment_event",
        (marketing.SegmentJoined, marketing.SegmentLeft),
        (
            *texts("membership_id segment_id customer_id"),
            Column("at", "TIMESTAMPTZ", 's."at"'),
            Column("reasons", "VARCHAR[]"),
        ),
    ),
    Fact(
        "fact_response",
        (marketing.ResponseRecorded, marketing.ResponseWithdrawn),
        (
            *texts("response_id campaign_id customer_id response evidence"),
            Column("at", "TIMESTAMPTZ", 's."at"'),
        ),
    ),
    Fact(
        "fact_customer_score",
        (analytics.CustomerScored,),
        (
            *texts("customer_id score_id tier currency method previous_tier rfm"),
            *numbers("rank population spend_minor recency_days frequency monetary_minor"),
            Column("period_start", "DATE", _DAY.format("period_start")),
            Column("period_end", "DATE", _DAY.format("period_end")),
            *instants("as_of"),
        ),
    ),
    Fact(
        "fact_lead_score",
        (analytics.LeadScored,),
        (
            *texts("lead_id score_id method trigger_id trigger_type"),
            *numbers("score"),
            *instants("as_of"),
            Column("reasons", "STRUCT(feature VARCHAR, value VARCHAR, points BIGINT)[]"),
        ),
    ),
)
