"""What the service desk stores."""

from services.service_desk.tables.cases import (
    Case,
    CaseCalendar,
    CaseChange,
    CaseMilestone,
    CaseNote,
    CaseNumber,
    ClockEntry,
)
from services.service_desk.tables.copies import CustomerRef, StaffRef
from services.service_desk.tables.policies import Calendar, EscalationStep, Holiday, Policy
from services.service_desk.tables.surveys import Survey, SurveyScore

__all__ = [
    "Calendar",
    "Case",
    "CaseCalendar",
    "CaseChange",
    "CaseMilestone",
    "CaseNote",
    "CaseNumber",
    "ClockEntry",
    "CustomerRef",
    "EscalationStep",
    "Holiday",
    "Policy",
    "StaffRef",
    "Survey",
    "SurveyScore",
]
