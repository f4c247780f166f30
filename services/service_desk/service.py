"""Everything that the service desk can do, on one page."""

from chassis import disclosing, following, leaving
from chassis.fields import OfCustomer, Period
from chassis.rows import command, copy, on, query, records, runs, timer
from chassis.service import Service
from contracts import accounts, owning, privacy
from services.service_desk.processes.following import DISCLOSING, FOLLOW, FOLLOWER
from services.service_desk.processes.leaving import TAKE_OVER
from services.service_desk.processes.owning import HAND_ON
from services.service_desk.reads import cases as case_reads
from services.service_desk.reads import overview
from services.service_desk.reads import surveys as survey_reads
from services.service_desk.resources import RESOURCES
from services.service_desk.schemas import cases as case
from services.service_desk.schemas import policies as policy
from services.service_desk.schemas import surveys as survey
from services.service_desk.tables import CustomerRef, StaffRef
from services.service_desk.usecases import cases, clocks, outcomes, ownership, policies, surveys


class ServiceDesk(Service):
    """Cases and their clocks, complaints, surveys."""

    name = "service_desk"

    # cases
    open_case = command(
        cases.open_case, accepts=case.OpenCase(), shows=case.CaseShown(), needs="case.write"
    )
    assign_case = command(
        cases.assign_case, accepts=case.AssignCase(), shows=case.CaseShown(), needs="case.assign"
    )
    take_case = command(
        cases.take_case, accepts=case.OneCase(), shows=case.CaseShown(), needs="case.write"
    )
    move_case = command(
        cases.move_case, accepts=case.MoveCase(), shows=case.CaseShown(), needs="case.write"
    )
    reclassify_case = command(
        cases.reclassify_case,
        accepts=case.ReclassifyCase(),
        shows=case.CaseShown(),
        needs="case.write",
    )
    escalate_case = command(
        cases.escalate_case, accepts=case.OneCase(), shows=case.CaseShown(), needs="case.write"
    )
    add_case_note = command(
        cases.add_case_note,
        accepts=case.AddCaseNote(),
        shows=case.CaseNoteShown(),
        needs="case.write",
    )
    case_file = query(
        case_reads.case_file, accepts=case.CaseNamed(), shows=case.CaseFile(), needs="case.read"
    )
    case_history = query(
        case_reads.case_history,
        accepts=case.CaseHistory(),
        shows=case.CaseChangeShown(),
        needs="case.read",
    )
    case_notes = query(
        case_reads.case_notes,
        accepts=case.CaseNotes(),
        shows=case.CaseNoteShown(),
        needs="case.read",
    )
    related_cases = query(
        case_reads.related_cases,
        accepts=case.RelatedCases(),
        shows=case.CaseShown(),
        needs="case.read",
    )

    # what is promised
    acknowledge_case = command(
        outcomes.acknowledge_case,
        accepts=case.OneCase(),
        shows=case.CaseShown(),
        needs="case.write",
    )
    respond_case = command(
        outcomes.respond_case,
        accepts=case.RespondCase(),
        shows=case.CaseShown(),
        needs="case.write",
    )
    resolve_case = command(
        outcomes.resolve_case,
        accepts=case.ResolveCase(),
        shows=case.CaseShown(),
        needs="case.write",
    )
    tell_outcome = command(
        outcomes.tell_outcome,
        accepts=case.TellOutcome(),
        shows=case.CaseShown(),
        needs="case.write",
    )
    close_case = command(
        outcomes.close_case, accepts=case.CloseCase(), shows=case.CaseShown(), needs="case.write"
    )
    reopen_case = command(
        outcomes.reopen_case, accepts=case.ReopenCase(), shows=case.CaseShown(), needs="case.write"
    )

    # surveys
    invite_survey = command(
        surveys.invite_survey,
        accepts=survey.InviteSurvey(),
        shows=survey.SurveyShown(),
        needs="survey.write",
    )
    survey_form = query(survey_reads.survey_form, accepts=survey.SurveyForm(), needs="survey.read")
    answer_survey = command(
        surveys.answer_survey,
        accepts=survey.AnswerSurvey(),
        shows=survey.AnswerTaken(),
        needs="survey.write",
    )
    satisfaction_by_driver = query(
        survey_reads.satisfaction_by_driver,
        accepts=survey.SatisfactionByDriver(),
        needs="survey.read",
    )
    recovery = query(survey_reads.recovery, accepts=Period(), needs="survey.read")

    # the whole
    customer_card = query(overview.customer_card, accepts=OfCustomer(), needs="customer.read")
    case_report = query(overview.case_report, accepts=Period(), needs="case.read")

    # what accounts tells, and what is due
    customers = copy(CustomerRef, of=accounts.Customer)
    staff = copy(StaffRef, of=accounts.Staff)
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
    warn_of_deadlines = timer(clocks.WARNING, clocks.watch)
    note_breaches = timer(clocks.DEADLINE, clocks.watch)
    recalculate = timer(clocks.RECALCULATION, clocks.recalculate)

    # promises, calendars and plain records
    revise_calendar = command(
        policies.revise_calendar,
        accepts=policy.ReviseCalendar(),
        shows=policy.CalendarFields(),
        needs="policy.write",
    )
    declare_holiday = command(
        policies.declare_holiday,
        accepts=policy.DeclareHoliday(),
        shows=policy.HolidayFields(),
        needs="policy.write",
    )
    withdraw_holiday = command(
        policies.withdraw_holiday, accepts=policy.WithdrawHoliday(), needs="policy.write"
    )
    write_policy = command(
        policies.write_policy,
        accepts=policy.WritePolicy(),
        shows=policy.PolicyFields(),
        needs="policy.write",
    )
    revise_policy = command(
        policies.revise_policy,
        accepts=policy.RevisePolicy(),
        shows=policy.PolicyFields(),
        needs="policy.write",
    )
    records = records(RESOURCES)
