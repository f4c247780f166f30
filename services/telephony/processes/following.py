"""What telephony keeps of customers, and how it follows when two become one."""

from chassis.following import Follower, process
from chassis.moving import Kind
from contracts.following import TelephonyFollowed
from services.telephony.reads import records
from services.telephony.tables import Call, Callback
from services.telephony.usecases import callbacks

FOLLOWER = Follower(
    kinds=(
        Kind("calls", Call),
        Kind("callbacks", Callback, after=callbacks.know_by_customer),
    ),
    told=TelephonyFollowed,
    owner=records.customer,
)
FOLLOW = process(FOLLOWER)
