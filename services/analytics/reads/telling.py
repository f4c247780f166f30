"""How records are told: the events that are made of them."""

from chassis.ids import natural_id
from contracts.analytics import LeadScored, Reason, Reconciled, WarehouseReconciled
from services.analytics.domain.reconciliation import Verdict
from services.analytics.tables import LeadScore, WarehouseCheck


def lead_scored(score: LeadScore) -> LeadScored:
    """Tell what a lead is worth by now, and why."""
    reasons = (
        Reason(feature=str(one["feature"]), value=str(one["value"]), points=int(one["points"]))
        for one in score.reasons
    )
    return LeadScored(
        lead_id=score.id,
        score_id=natural_id("lead_score", score.id, str(score.version)),
        score=score.score,
        reasons=tuple(reasons),
        method=score.method,
        trigger_id=score.trigger_id,
        trigger_type=score.trigger_type,
        as_of=score.scored_at,
        version=score.version,
    )


def reconciled(
    warehouse: str, check: WarehouseCheck, faults: dict[str, int]
) -> WarehouseReconciled:
    """Tell what a comparison said; ``faults`` are the gaps, duplicates and quarantined events."""
    measures = (
        Reconciled(
            measure=str(one["measure"]), source=int(one["source"]), warehouse=int(one["warehouse"])
        )
        for one in check.measures
    )
    return WarehouseReconciled(
        warehouse=warehouse,
        as_of=check.as_of,
        equal=check.verdict is Verdict.EQUAL,
        measures=tuple(measures),
        lag_events=check.lag_events,
        lag_seconds=check.lag_seconds,
        gaps=faults["gaps"],
        duplicates=faults["duplicates"],
        quarantined=faults["quarantined"],
        verdict=check.verdict.value,
    )
