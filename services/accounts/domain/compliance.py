"""What a house owes its customers by law and by its word."""

from enum import StrEnum


class Duty(StrEnum):
    """What a house owes its customers, by which an entry is found."""

    DATA_SUBJECT = "data_subject"  # requests for access, correction, a copy, erasure
    CONSENT = "consent"
    DISCLOSURE = "disclosure"  # what left the house, in a file or to another entity
    CONFIDENTIALITY = "confidentiality"
    RESTRICTION = "restriction"  # blacklist, credit and contact stops: each has a reason
    EQUAL_TREATMENT = "equal_treatment"  # what a policy gives whom, and whom it leaves out
