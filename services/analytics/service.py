"""Everything that analytics can do, on one page."""

from chassis import disclosing, following
from chassis.fields import OfCustomer
from chassis.rows import copy, on, process, query, records, report, runs, timer
from chassis.service import Service
from contracts import accounts, marketing, privacy, tagging, telephony
from services.analytics.processes.following import DISCLOSING, FOLLOW, FOLLOWER
from services.analytics.processes.reconciliation import RECONCILE
from services.analytics.processes.scoring import SCORE_CUSTOMERS
from services.analytics.reads import cards, reports
from services.analytics.resources import RESOURCES
from services.analytics.schemas import reports as asked
from services.analytics.schemas import scores as score
from services.analytics.tables import CustomerRef
from services.analytics.usecases import leads, ownership, schedule


class Analytics(Service):
    """Scores and reports over what all services tell."""

    name = "analytics"

    # reports: questions to the warehouse
    pyramid = report(reports.pyramid, accepts=asked.Ranking(), needs="report.read")
    rfm = report(reports.rfm, accepts=asked.Ranking(), needs="report.read")
    cube = report(reports.cube, accepts=asked.Cube(), needs="report.read")
    cube_rows = report(reports.cube_rows, accepts=asked.CubeRows(), needs="report.read")
    funnel_report = report(reports.funnel_report, accepts=asked.Funnel(), needs="report.read")
    call_report = report(reports.call_report, accepts=asked.Day(), needs="report.read")
    case_report = report(reports.case_report, accepts=asked.Period(), needs="report.read")
    satisfaction_report = report(
        reports.satisfaction_report, accepts=asked.Satisfaction(), needs="report.read"
    )
    campaign_report = report(
        reports.campaign_report, accepts=asked.Campaigns(), needs="report.read"
    )
    warehouse_data = report(
        reports.warehouse_data, accepts=asked.EventsOf(), needs="privacy.disclose",
        of_house=False, timeout_seconds=disclosing.SECONDS,
    )  # fmt: skip
    warehouse_status = report(reports.warehouse_status, needs="report.read")

    # the monitor: whether the warehouse holds what the books hold
    reconcile = process(RECONCILE, needs="score.run")
    watch_warehouse = timer(schedule.CHECK_DUE, schedule.check_warehouse)

    # scores of customers
    score_customers = process(SCORE_CUSTOMERS, accepts=score.ScoreCustomers(), needs="score.run")
    score_nightly = timer(schedule.NIGHT_DUE, schedule.score_tonight)
    customer_card = query(cards.customer_card, accepts=OfCustomer(), needs="customer.read")

    # whose customers are, and with them their scores
    customers = copy(CustomerRef, of=accounts.Customer)
    owner_changes = on(accounts.CustomerOwnerChanged, ownership.follow_owner)
    merges = on((accounts.CustomerMerged, accounts.CustomerUnmerged), following.begin)
    erasures = on((privacy.CustomerErased, privacy.ContactErased), following.begin_erasure)
    follow_customer = runs(FOLLOW)
    count_dropped = timer(following.DROPPED, following.count_dropped(FOLLOWER))

    # for who asks what we know of her
    customer_data = disclosing.row(DISCLOSING, needs="privacy.disclose")

    # scores of leads, after every event; one at a time, for many are told of one lead at once
    lead_facts = on(leads.OF_LEADS, leads.note_lead, concurrency=1)
    lead_words = on(tagging.LeadTagged, leads.note_lead, concurrency=1)
    responses = on(marketing.ResponseRecorded, leads.note_response)
    calls = on((telephony.CallEnded, telephony.CallCorrected), leads.note_call)

    # plain records
    records = records(RESOURCES)
