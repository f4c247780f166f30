"""What telephony keeps of customers, and how it follows when two become one, or one is erased."""

from dataclasses import replace

from chassis.claiming import Claim
from chassis.disclosing import Part, disclosing
from chassis.erasures import Erasing
from chassis.following import FOLLOW as KIND
from chassis.following import Follower, process
from chassis.moving import Kind
from chassis.wiping import Wipe, of, through
from contracts.following import TelephonyFollowed
from services.telephony.reads import records
from services.telephony.reads.callbacks import screens_naming
from services.telephony.tables import (
    Call,
    Callback,
    CallDelivery,
    CallEvent,
    CallScreen,
    CustomerRef,
)
from services.telephony.usecases import callbacks

# Calls stay for the figures of the switchboard, without number, name and notes; of recordings nothing
# is kept here. Nobody calls back who is erased.
SCREENS = (
    Wipe("screens", CallScreen, through(CallScreen, "call_id", Call), goes=True),
    Wipe("screens.matches", CallScreen, screens_naming, goes=True),
)
CALLS = Wipe("calls", Call, of(Call))
ERASING = Erasing(
    wipes=(*SCREENS, Wipe("callbacks", Callback, of(Callback), goes=True), CALLS),
    copies=(CustomerRef,),
    own_processes=(KIND,),
    own_records=("followings",),
    claims=(Claim("callbacks", Callback), Claim("calls", Call)),
    # Of a contact alone: nobody calls back to its number; whom somebody else asked to call, stays.
    said=(
        *SCREENS,
        Wipe("callbacks", Callback, of(Callback), goes=True, only=("number",)),
        Wipe("callbacks", Callback, of(Callback), only=("note",)),
        replace(CALLS, by=("number", "caller_name", "dnis")),
        Wipe("calls", Call, of(Call), only=("data", "note")),
    ),
)
FOLLOWER = Follower(
    kinds=(
        Kind("calls", Call),
        Kind("callbacks", Callback, after=callbacks.know_by_customer),
    ),
    told=TelephonyFollowed,
    owner=records.customer,
    erasing=ERASING,
)
FOLLOW = process(FOLLOWER)
# The device is a colleague's, or his number.
DISCLOSING = disclosing(
    FOLLOWER,
    Part(CallEvent, "call_id", Part(Call)),
    Part(CallDelivery, "call_id", Part(Call)),
    internal=frozenset({"device", "boot_id", "open_number", "open_customer"}),
    left_out={"call_screens": "what an agent is shown, until the call is over; may name others"},
)
