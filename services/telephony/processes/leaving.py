"""What telephony keeps of the staff, and how it follows when somebody hands over.

Calls and call-backs are their customers' owners'. Who spoke in a call stays in it, and whose a phone
is (``agent_devices``) is told of the phone.
"""

from chassis.leaving import Holding, Leaver, process
from contracts.owning import TelephonyStaffFollowed
from services.telephony.reads import records
from services.telephony.tables import Call, Callback, CustomerRef

LEAVER = Leaver(
    holdings=(Holding("callbacks", Callback), Holding("calls", Call)),
    customers=CustomerRef,
    staff=records.staff,
    told=TelephonyStaffFollowed,
)
TAKE_OVER = process(LEAVER)
