"""What analytics stores."""

from services.analytics.tables.copies import CustomerRef
from services.analytics.tables.leads import LeadLink, LeadScore, LeadSignal
from services.analytics.tables.monitor import WarehouseCheck, WarehouseWatch
from services.analytics.tables.scores import CustomerScore, CustomerStanding, ScoreRun

__all__ = [
    "CustomerRef",
    "CustomerScore",
    "CustomerStanding",
    "LeadLink",
    "LeadScore",
    "LeadSignal",
    "ScoreRun",
    "WarehouseCheck",
    "WarehouseWatch",
]
