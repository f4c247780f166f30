"""Records follow their customer to another owner, however many they are."""

from chassis.handing import process
from services.telephony.usecases.ownership import KEPT

HAND_ON = process(KEPT)
