"""What the service desk keeps of customers, and how it follows when two become one."""

from chassis.following import Follower, process
from chassis.moving import Kind
from contracts.following import ServiceDeskFollowed
from services.service_desk.reads import people
from services.service_desk.tables import Case, Survey

FOLLOWER = Follower(
    kinds=(Kind("cases", Case), Kind("surveys", Survey)),
    told=ServiceDeskFollowed,
    owner=people.customer,
)
FOLLOW = process(FOLLOWER)
