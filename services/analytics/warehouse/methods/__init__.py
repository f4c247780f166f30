"""What the warehouse is asked for: one method a module, each on published definitions."""

from chassis.schemas import Nothing
from services.analytics.schemas import reports
from services.analytics.warehouse.methods.calls import calls
from services.analytics.warehouse.methods.campaigns import campaigns
from services.analytics.warehouse.methods.cases import cases
from services.analytics.warehouse.methods.cube import cube, cube_rows
from services.analytics.warehouse.methods.funnel import funnel
from services.analytics.warehouse.methods.keeping import kept
from services.analytics.warehouse.methods.pyramid import pyramid
from services.analytics.warehouse.methods.rfm import rfm, scores
from services.analytics.warehouse.methods.satisfaction import satisfaction
from services.analytics.warehouse.methods.totals import totals
from services.analytics.warehouse.question import Question

QUESTIONS = (
    Question("pyramid", pyramid, reports.Ranking()),
    Question("rfm", rfm, reports.Ranking()),
    Question("scores", scores, reports.Scores()),
    Question("cube", cube, reports.Cube()),
    Question("cube_rows", cube_rows, reports.CubeRows()),
    Question("funnel", funnel, reports.Funnel()),
    Question("calls", calls, reports.Day()),
    Question("cases", cases, reports.Period()),
    Question("satisfaction", satisfaction, reports.Satisfaction()),
    Question("campaigns", campaigns, reports.Campaigns()),
    Question("totals", totals, Nothing()),
    Question("kept", kept, reports.Kept()),
)
