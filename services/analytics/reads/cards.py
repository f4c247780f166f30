"""Analytics' part of the 360° view of one customer."""

from chassis.clock import isoformat
from chassis.work import Work
from services.analytics.reads import leads, scores
from services.analytics.tables import CustomerScore, LeadScore

LAST = 10  # scores of the customer, and leads, shown on the card


def customer_card(work: Work, *, customer_id: str) -> dict[str, object]:
    """Return what analytics concluded about a customer, as far as the caller sees its scores.

    A score is as fresh as the run that it comes from, whatever happened since.
    """
    work.require("score.read")
    rated = leads.scores_of_customer(work, customer_id, LAST)
    told = scores.history(work, customer_id, LAST)
    return {
        "customer_id": customer_id,
        "service": work.service,
        # Of everybody who stands somewhere a score was told: who sees none sees no standing.
        "score": _score(work, customer_id if told else None),
        "history": {
            "as_of": isoformat(work.now),
            "items": [_told(one) for one in told],
        },
        "leads": {"as_of": isoformat(work.now), "items": [_rated(one) for one in rated]},
    }


def _score(work: Work, customer_id: str | None) -> dict[str, object]:
    run = scores.current_run(work)
    if run is None:
        return {"as_of": None, "known": False}
    found = None if customer_id is None else scores.standing(work, run.id, customer_id)
    if found is None:
        return {"as_of": isoformat(run.as_of), "known": False}
    return {
        "as_of": isoformat(run.as_of),
        "known": True,
        "run_id": run.id,
        "method": run.method,
        "tier": found.tier.value,
        "rank": found.rank,
        "population": run.population,
        "spend_minor": found.spend_minor,
        "currency": run.currency,
        "recency_days": found.recency_days,
        "frequency": found.frequency,
        "monetary_minor": found.monetary_minor,
        "rfm": found.rfm,
    }


def _told(score: CustomerScore) -> dict[str, object]:
    return {
        "at": isoformat(score.scored_at),
        "tier": score.tier.value,
        "previous_tier": score.previous_tier and score.previous_tier.value,
        "rank": score.rank,
        "population": score.population,
        "rfm": score.rfm,
    }


def _rated(score: LeadScore) -> dict[str, object]:
    return {
        "lead_id": score.id,
        "score": score.score,
        "reasons": score.reasons,
        "at": isoformat(score.scored_at),
    }
