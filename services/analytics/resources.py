"""The plain records of analytics: what it concluded, to be read; nobody writes a score by hand."""

from chassis import filters
from chassis.records import READING, Resource
from services.analytics.domain.pyramid import Tier
from services.analytics.schemas.scores import CustomerScoreShown, LeadScoreShown, ScoreRunShown
from services.analytics.tables import CustomerScore, LeadScore, ScoreRun

RESOURCES = (
    Resource(
        kind="score_run",
        record=ScoreRun,
        schema=ScoreRunShown(),
        reads="score.read",
        writes="score.run",
        verbs=READING,
        sorts={"as_of": ScoreRun.as_of},
    ),
    Resource(
        kind="customer_score",
        record=CustomerScore,
        schema=CustomerScoreShown(),
        reads="score.read",
        writes="score.run",
        verbs=READING,
        filters={
            "customer_id": filters.text(CustomerScore.customer_id),
            "run_id": filters.text(CustomerScore.run_id),
            "tier": filters.one_of(CustomerScore.tier, Tier),
        },
        sorts={"scored_at": CustomerScore.scored_at, "rank": CustomerScore.rank},
    ),
    Resource(
        kind="lead_score",
        record=LeadScore,
        schema=LeadScoreShown(),
        reads="score.read",
        writes="score.run",
        verbs=READING,
        filters={"at_least": filters.at_least(LeadScore.score)},
        sorts={"score": LeadScore.score, "scored_at": LeadScore.scored_at},
    ),
)
