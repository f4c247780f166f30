"""What the service desk keeps of customers, and how it follows when two become one, or one is erased."""

from chassis.claiming import Claim
from chassis.disclosing import Part, disclosing
from chassis.erasures import Erasing
from chassis.following import FOLLOW as KIND
from chassis.following import Follower, process
from chassis.moving import Kind
from chassis.wiping import Wipe, of, through
from contracts.following import ServiceDeskFollowed
from services.service_desk.reads import people
from services.service_desk.tables import (
    Case,
    CaseCalendar,
    CaseChange,
    CaseMilestone,
    CaseNote,
    ClockEntry,
    CustomerRef,
    Survey,
    SurveyScore,
)

# Cases stay for what is counted of them, without a word that was said.
NOTES = Wipe("case_notes", CaseNote, through(CaseNote, "case_id", Case))
CASES = Wipe("cases", Case, of(Case))
ERASING = Erasing(
    wipes=(NOTES, CASES, Wipe("surveys", Survey, of(Survey))),
    copies=(CustomerRef,),
    own_processes=(KIND,),
    own_records=("followings",),
    claims=(Claim("cases", Case), Claim("cases", Case, words=CaseNote, by="case_id")),
    # Of a contact alone: a case loses its words, a note its own, and goes on; so does a survey.
    said=(NOTES, CASES, Wipe("surveys", Survey, of(Survey), only=("comment",))),
)
FOLLOWER = Follower(
    kinds=(Kind("cases", Case), Kind("surveys", Survey)),
    told=ServiceDeskFollowed,
    owner=people.customer,
    erasing=ERASING,
)
FOLLOW = process(FOLLOWER)
DISCLOSING = disclosing(
    FOLLOWER,
    *(
        Part(table, "case_id", Part(Case))
        for table in (CaseNote, CaseChange, CaseCalendar, ClockEntry, CaseMilestone)
    ),
    Part(SurveyScore, "survey_id", Part(Survey)),
    internal=frozenset({"token_hash"}),
)
