"""Surveys: asking customers, and taking their answers."""

from collections.abc import Mapping

from chassis.ids import new_id
from chassis.ownership import demand_sight, hand_over
from chassis.work import Work
from services.service_desk.domain import surveys as rules
from services.service_desk.domain.surveys import Driver, Score, SurveyMoment
from services.service_desk.reads import records, telling
from services.service_desk.reads import surveys as reads
from services.service_desk.tables import Case, CustomerRef, Survey, SurveyScore
from services.service_desk.usecases.ownership import known_customer


def invite_survey(
    work: Work, *, customer_id: str, moment: SurveyMoment, case_id: str | None
) -> Survey:
    """Ask a customer by a link that nobody can guess; marketing sends the mail.

    :raises AlreadyInvited: if they were asked the same and may still answer.
    """
    if case_id is not None:
        case = work.get(Case, case_id)
        rules.demand_same_customer(case.customer_id, customer_id)
    if _is_asked(work, customer_id, moment, case_id):
        raise rules.AlreadyInvited("The customer was asked this and may still answer.")
    survey = _invite(work, customer_id, moment, case_id)
    demand_sight(work, survey)
    return survey


def ask_again(work: Work, customer_id: str, moment: SurveyMoment, case_id: str) -> None:
    """Ask whether a customer who complained is content now; the question may be open already."""
    if not _is_asked(work, customer_id, moment, case_id):
        _invite(work, customer_id, moment, case_id)


def answer_survey(
    work: Work,
    *,
    token: str,
    expected: Mapping[Driver, int],
    perceived: Mapping[Driver, int],
    comment: str | None,
) -> Survey:
    """Take an answer once; the same again is the same answer.

    :raises SurveyNotFound: if the token leads nowhere, or no longer.
    :raises AlreadyAnswered: if it was answered otherwise before.
    """
    survey = reads.by_token(work, rules.digest(token), locked=True)
    rules.demand_open(survey.expires_at if survey else None, work.now)
    assert survey is not None
    answered = rules.scores(expected, perceived)
    if survey.answered_at is not None:
        is_same = reads.scores(work, survey.id) == answered and survey.comment == comment
        rules.demand_same_answer(is_same=is_same)
        return survey
    _write(work, survey, answered, comment)
    return survey


def _is_asked(work: Work, customer_id: str, moment: SurveyMoment, case_id: str | None) -> bool:
    """Say whether the same was asked; until this work is done nobody else asks it."""
    # Not the customer where there is a case: who follows an owner locks the customer first.
    if case_id is None:
        records.locked(work, CustomerRef, customer_id)
    else:
        records.locked(work, Case, case_id)
    return reads.is_asked(work, customer_id, moment, case_id)


def _invite(work: Work, customer_id: str, moment: SurveyMoment, case_id: str | None) -> Survey:
    customer = known_customer(work, customer_id)
    token = rules.new_token()
    survey = Survey(
        id=new_id(),
        entity_id=customer.entity_id or work.caller.entity_id,
        customer_id=customer.id,
        case_id=case_id,
        moment=moment,
        token_hash=rules.digest(token),
        invited_at=work.now,
        expires_at=work.now + rules.OPEN_FOR,
    )
    hand_over(survey, customer)
    work.add(survey)
    work.tell(telling.survey_invited(token), survey)
    return survey


def _write(work: Work, survey: Survey, answered: tuple[Score, ...], comment: str | None) -> None:
    verdict = rules.weigh(answered)
    survey.answered_at, survey.comment = work.now, comment
    survey.satisfaction, survey.gap = verdict.satisfaction, str(verdict.gap)
    for score in answered:
        row = SurveyScore(
            survey_id=survey.id,
            driver=score.driver,
            expected=score.expected,
            perceived=score.perceived,
        )
        work.session.add(row)
    work.tell(telling.survey_answered(answered, verdict), survey)
