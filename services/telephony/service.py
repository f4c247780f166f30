"""Everything that telephony can do, on one page."""

from chassis import disclosing, following, leaving
from chassis.fields import OfCustomer
from chassis.rows import command, copy, on, query, records, runs, timer
from chassis.service import Service
from contracts import accounts, cti, owning, privacy, standing
from services.telephony.processes.following import DISCLOSING, FOLLOW, FOLLOWER
from services.telephony.processes.identification import IDENTIFY
from services.telephony.processes.leaving import TAKE_OVER
from services.telephony.processes.owning import HAND_ON
from services.telephony.reads import callbacks as callback_reads
from services.telephony.reads import calls as call_reads
from services.telephony.reads import cards, report
from services.telephony.resources import RESOURCES
from services.telephony.schemas import callbacks as callback
from services.telephony.schemas import calls as call
from services.telephony.tables import CustomerRef, StaffRef
from services.telephony.usecases import (
    callbacks,
    calls,
    endings,
    identification,
    links,
    ownership,
    pops,
)


class Telephony(Service):
    """Calls with their customer, screen pops, call-backs."""

    name = "telephony"

    # calls, as the bridge tells them
    calls_told = on(cti.CALL_EVENTS, calls.follow)
    links_told = on((cti.LinkLost, cti.LinkRestored), links.follow)
    identify_calls = runs(IDENTIFY)
    pop_late = timer(pops.POP_DUE, pops.pop_late)
    end_calls = timer(endings.ENDING_DUE, endings.end_without_customer)

    # calls, as people see them
    dispose_call = command(
        calls.dispose_call, accepts=call.DisposeCall(), shows=call.CallShown(), needs="call.write"
    )
    link_call_customer = command(
        identification.link_call_customer,
        accepts=call.LinkCallCustomer(),
        shows=call.CallShown(),
        needs="call.write",
    )
    call_history = query(
        call_reads.history,
        accepts=call.CallHistory(),
        shows=call.CallEventShown(),
        needs="call.read",
    )
    day_report = query(
        report.day_report, accepts=call.DayReport(), shows=call.DayReportShown(), needs="call.read"
    )
    customer_card = query(
        cards.customer_card, accepts=OfCustomer(), shows=call.CardShown(),
        needs="customer.read",
    )  # fmt: skip

    # call-backs
    request_callback = command(
        callbacks.request_callback,
        accepts=callback.RequestCallback(),
        shows=callback.CallbackShown(),
        needs="callback.write",
    )
    reschedule_callback = command(
        callbacks.reschedule_callback,
        accepts=callback.RescheduleCallback(),
        shows=callback.CallbackShown(),
        needs="callback.write",
    )
    close_callback = command(
        callbacks.close_callback,
        accepts=callback.CloseCallback(),
        shows=callback.CallbackShown(),
        needs="callback.write",
    )
    callbacks_due = query(
        callback_reads.callbacks_due,
        accepts=callback.CallbacksDue(),
        shows=callback.CallbackShown(),
        needs="callback.read",
    )
    chase_callbacks = timer(callbacks.CALLBACK_DUE, callbacks.remind)

    # what accounts tells
    customers = copy(CustomerRef, of=accounts.Customer)
    staff = copy(StaffRef, of=accounts.Staff)
    owner_changes = on(accounts.CustomerOwnerChanged, ownership.follow_owner)
    hand_on = runs(HAND_ON)
    merges = on((accounts.CustomerMerged, accounts.CustomerUnmerged), following.begin)
    erasures = on((privacy.CustomerErased, privacy.ContactErased), following.begin_erasure)
    follow_customer = runs(FOLLOW)
    hand_overs = on(owning.StaffHandedOver, leaving.start)
    take_over = runs(TAKE_OVER)
    count_dropped = timer(following.DROPPED, following.count_dropped(FOLLOWER))

    # for who asks what we know of her
    customer_data = disclosing.row(DISCLOSING, needs="privacy.disclose")
    flags_raised = on(standing.CustomerFlagged, callbacks.note_flag)

    # words and plain records
    records = records(RESOURCES)
