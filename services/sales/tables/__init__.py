"""What sales stores."""

from services.sales.tables.copies import CustomerRef, StaffRef, TerritoryRef
from services.sales.tables.leads import Lead, LeadAssignment, LeadScore, LeadStatus, LeadTurn
from services.sales.tables.opportunities import Opportunity, Stage, StageStay
from services.sales.tables.orders import Order, OrderLine
from services.sales.tables.quotes import Product, Quote, QuoteLine

__all__ = [
    "CustomerRef",
    "Lead",
    "LeadAssignment",
    "LeadScore",
    "LeadStatus",
    "LeadTurn",
    "Opportunity",
    "Order",
    "OrderLine",
    "Product",
    "Quote",
    "QuoteLine",
    "StaffRef",
    "Stage",
    "StageStay",
    "TerritoryRef",
]
