"""Records follow their customer to another owner, however many they are."""

from chassis.handing import process
from services.service_desk.usecases.ownership import KEPT

HAND_ON = process(KEPT)
