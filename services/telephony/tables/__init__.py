"""What telephony stores."""

from services.telephony.tables.callbacks import Callback
from services.telephony.tables.calls import Call, CallDelivery, CallEvent, CallScreen
from services.telephony.tables.copies import CustomerRef, StaffRef
from services.telephony.tables.words import AgentDevice, DialledNumber, Disposition, PbxLink

__all__ = [
    "AgentDevice",
    "Call",
    "CallDelivery",
    "CallEvent",
    "CallScreen",
    "Callback",
    "CustomerRef",
    "DialledNumber",
    "Disposition",
    "PbxLink",
    "StaffRef",
]
