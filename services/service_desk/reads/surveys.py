"""What customers are asked, and what they answered."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import case as when
from sqlalchemy import func, or_, select

from chassis.clock import isoformat
from chassis.work import Work
from services.service_desk.domain import surveys as rules
from services.service_desk.domain.cases import CaseState, CaseType
from services.service_desk.domain.surveys import Driver, Satisfaction, Score, SurveyMoment
from services.service_desk.tables import Case, Survey, SurveyScore

SCALE = Decimal("0.0001")


def by_token(work: Work, token_hash: str, *, locked: bool = False) -> Survey | None:
    """Return the survey that a link leads to."""
    query = select(Survey).where(Survey.token_hash == token_hash)
    return work.session.scalar(query.with_for_update() if locked else query)


def is_asked(work: Work, customer_id: str, moment: SurveyMoment, case_id: str | None) -> bool:
    """Say whether a customer was asked the same and may still answer."""
    query = select(Survey.id).where(
        Survey.customer_id == customer_id,
        Survey.moment == moment,
        Survey.case_id.is_(None) if case_id is None else Survey.case_id == case_id,
        Survey.answered_at.is_(None),
        Survey.expires_at > work.now,
    )
    return work.session.scalar(query.limit(1)) is not None


def scores(work: Work, survey_id: str) -> tuple[Score, ...]:
    """Return what was answered, in the order of the drivers."""
    query = select(SurveyScore).where(SurveyScore.survey_id == survey_id)
    found = {row.driver: row for row in work.session.scalars(query)}
    return tuple(
        Score(driver, found[driver].expected, found[driver].perceived)
        for driver in Driver
        if driver in found
    )


def survey_form(work: Work, *, token: str) -> dict[str, object]:
    """Return what to ask whoever follows a link; nothing in it tells who that is.

    :raises SurveyNotFound: if the link leads nowhere, or no longer.
    """
    survey = by_token(work, rules.digest(token))
    rules.demand_open(survey.expires_at if survey else None, work.now)
    assert survey is not None
    return {
        "answered": survey.answered_at is not None,
        "moment": survey.moment.value,
        "purpose": rules.PURPOSES[survey.moment],
        "invitation": rules.INVITATION,
        "least": rules.LEAST,
        "most": rules.MOST,
        "drivers": [driver.value for driver in Driver],
        "questions": {driver.value: question for driver, question in rules.QUESTIONS.items()},
        "expires_at": isoformat(survey.expires_at),
    }


def satisfaction_by_driver(
    work: Work, *, since: datetime, until: datetime, moment: SurveyMoment | None
) -> dict[str, object]:
    """Say what was expected of each driver and what was found, by the answers of a period."""
    gap = SurveyScore.perceived - SurveyScore.expected
    query = (
        select(
            SurveyScore.driver,
            func.count(),
            func.sum(SurveyScore.expected),
            func.sum(SurveyScore.perceived),
            func.sum(when((gap < 0, 1), else_=0)),
            func.sum(when((gap > 0, 1), else_=0)),
        )
        .join(Survey, Survey.id == SurveyScore.survey_id)
        .where(*_answered(work, since, until, moment))
        .group_by(SurveyScore.driver)
    )
    found = {row[0]: _driver(row) for row in work.session.execute(query)}
    return {
        "drivers": [found[driver] for driver in Driver if driver in found],
        "answers": _classes(work, since, until, moment),
        "as_of": isoformat(work.now),
    }


def recovery(work: Work, *, since: datetime, until: datetime) -> dict[str, object]:
    """Say how many who had complained are content now, of the complaints closed in a period.

    Only the question that follows the closing counts; whoever was asked it again counts with the
    latest answer.
    """
    closed = (
        *work.visible(Case),
        Case.type == CaseType.COMPLAINT,
        Case.state == CaseState.CLOSED,
        Case.closed_at >= since,
        Case.closed_at < until,
    )
    query = (
        select(Survey.case_id, Survey.satisfaction)
        .join(Case, Case.id == Survey.case_id)
        .where(
            *closed,
            Survey.moment == SurveyMoment.POST_SALE,
            or_(Survey.answered_at.is_(None), Survey.answered_at >= Case.closed_at),
        )
        .order_by(Survey.answered_at)
    )
    asked: dict[str | None, Satisfaction | None] = {}
    for case_id, satisfaction in work.session.execute(query):
        asked[case_id] = satisfaction or asked.get(case_id)
    answered = [one for one in asked.values() if one is not None]
    recovered = sum(one is not Satisfaction.DISSATISFIED for one in answered)
    return {
        "closed": work.session.scalar(select(func.count()).select_from(Case).where(*closed)),
        "asked": len(asked),
        "answered": len(answered),
        "recovered": recovered,
        "rate": str(_mean(recovered, len(answered))) if answered else None,
        "as_of": isoformat(work.now),
    }


def _answered(
    work: Work, since: datetime, until: datetime, moment: SurveyMoment | None
) -> list[Any]:
    conditions = [Survey.answered_at >= since, Survey.answered_at < until]
    if moment is not None:
        conditions.append(Survey.moment == moment)
    return [*conditions, *work.visible(Survey)]


def _classes(
    work: Work, since: datetime, until: datetime, moment: SurveyMoment | None
) -> Mapping[str, int]:
    query = select(Survey.satisfaction, func.count()).where(*_answered(work, since, until, moment))
    found = dict(iter(work.session.execute(query.group_by(Survey.satisfaction))))
    return {one.value: found.get(one, 0) for one in Satisfaction}


def _driver(row: Any) -> dict[str, object]:
    driver, count, expected, perceived, below, above = row
    return {
        "driver": driver.value,
        "answers": count,
        "mean_expected": str(_mean(expected, count)),
        "mean_perceived": str(_mean(perceived, count)),
        "gap": str(_mean(perceived - expected, count)),
        "satisfaction": rules.classify(perceived - expected).value,
        "classes": {
            Satisfaction.DISSATISFIED.value: int(below),
            Satisfaction.SATISFIED.value: int(count - below - above),
            Satisfaction.HIGHLY_SATISFIED.value: int(above),
        },
    }


def _mean(total: int, count: int) -> Decimal:
    return (Decimal(int(total)) / count).quantize(SCALE)
