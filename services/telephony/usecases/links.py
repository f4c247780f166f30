"""How the bridge's links to the PBXes stand."""

from chassis.work import Work
from contracts.cti import LinkLost, LinkRestored
from services.telephony.reads import records
from services.telephony.tables import PbxLink


def follow(work: Work, event: LinkLost | LinkRestored) -> None:
    """Take over how a link stands; what is older than what is known says nothing new."""
    link = records.link(work, event.pbx)
    if link is None:
        link = PbxLink(pbx=event.pbx, is_up=True, restarted=False, open_calls=0, closed_calls=0)
    elif event.at <= link.since:
        return
    link.boot_id, link.since = event.boot_id, event.at
    link.is_up = isinstance(event, LinkRestored)
    if isinstance(event, LinkRestored):
        link.gap_from, link.gap_to = event.gap_from, event.gap_to
        link.restarted, link.closed_calls = event.restarted, event.closed_calls
    else:
        link.open_calls = event.open_calls
    work.add(link)
