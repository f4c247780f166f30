"""What is known of customers as people: four families of attributes, some of them sensitive."""

from dataclasses import dataclass
from enum import StrEnum

from chassis.errors import Forbidden, Invalid

MAX_VALUE = 400
MAX_FACTS = 200  # behaviour facts told in one call
MAX_UNIT, MAX_SOURCE, MAX_KIND = 20, 40, 40


class Family(StrEnum):
    """What an attribute is about."""

    SOCIAL = "social"
    DEMOGRAPHIC = "demographic"
    BEHAVIOURAL = "behavioural"
    PSYCHOLOGICAL = "psychological"


class Side(StrEnum):
    """Whether everybody sees it, or only who knows the customer."""

    EXTRINSIC = "extrinsic"
    INTRINSIC = "intrinsic"


class TraitKind(StrEnum):
    """One attribute."""

    ORGANISATION_TYPE = "organisation_type"  # enterprise, individual, government
    INDUSTRY = "industry"
    SCALE = "scale"
    EMPLOYER = "employer"
    SOCIAL_CIRCLE = "social_circle"
    OCCUPATION = "occupation"
    EDUCATION = "education"
    GENDER = "gender"
    AGE = "age"
    INCOME = "income"
    HOUSEHOLD_SIZE = "household_size"
    MARITAL_STATUS = "marital_status"
    SPOUSE = "spouse"
    FAMILY = "family"
    ILLNESS = "illness"
    PURCHASE_MOTIVE = "purchase_motive"
    USAGE_HABIT = "usage_habit"
    PRICE_SENSITIVITY = "price_sensitivity"
    LOYALTY = "loyalty"
    CREDIT_STANDING = "credit_standing"
    CHARACTER = "character"
    VALUE_ORIENTATION = "value_orientation"
    LIFESTYLE = "lifestyle"
    RISK_ATTITUDE = "risk_attitude"
    HOBBIES = "hobbies"
    BELIEF = "belief"


class OrganisationType(StrEnum):
    """What kind of house a customer is."""

    ENTERPRISE = "enterprise"
    INDIVIDUAL = "individual"
    GOVERNMENT = "government"


_FAMILIES = {
    Family.SOCIAL: "organisation_type industry scale employer social_circle occupation education",
    Family.DEMOGRAPHIC: "gender age income household_size marital_status spouse family illness",
    Family.BEHAVIOURAL: "purchase_motive usage_habit price_sensitivity loyalty credit_standing",
    Family.PSYCHOLOGICAL: ("character value_orientation lifestyle risk_attitude hobbies belief"),
}
FAMILY_OF = {TraitKind(kind): family for family in Family for kind in _FAMILIES[family].split()}
EXTRINSIC = frozenset(map(TraitKind, "organisation_type industry scale employer".split()))
# Kept only if the house wants to, of whoever allows it, for who may see it; never told.
SENSITIVE = frozenset(
    map(
        TraitKind,
        "occupation education gender age income household_size marital_status spouse family"
        " illness hobbies belief".split(),
    )
)
PLAIN = tuple(kind for kind in TraitKind if kind not in SENSITIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a customer did or owed in a stretch of time, as some system tells it."""

    kind: str  # billed_amount, usage, payment, credit, maintenance, registration, or another
    period_start: str  # ISO date
    period_end: str  # ISO date, half-open
    source: str
    value: str | None = None
    unit: str | None = None
    amount_minor: int | None = None
    currency: str | None = None


class UnknownValue(Invalid):
    """Refuse a value that this attribute does not have."""

    code = "accounts.trait.value"


class SensitiveTraitsOff(Forbidden):
    """Refuse to keep or show what this house does not want to know of people."""

    code = "accounts.trait.sensitive_off"


class NoConsent(Forbidden):
    """Refuse to keep or show what the customer has not allowed."""

    code = "accounts.trait.no_consent"


class FactIncomplete(Invalid):
    """Refuse a fact that says nothing, or of no time."""

    code = "accounts.behaviour.incomplete"


def side_of(kind: TraitKind) -> Side:
    """Return whether everybody sees an attribute."""
    return Side.EXTRINSIC if kind in EXTRINSIC else Side.INTRINSIC


def check(kind: TraitKind, value: str | None) -> None:
    """Demand a value that an attribute has.

    :raises UnknownValue: if it is one of a closed set, and not this.
    """
    if kind is TraitKind.ORGANISATION_TYPE and value not in {None, *OrganisationType}:
        raise UnknownValue("An organisation is enterprise, individual or government.")


def check_fact(fact: Fact) -> None:
    """Demand that a fact says something of a stretch of time.

    :raises FactIncomplete: if not.
    """
    if fact.value is None and fact.amount_minor is None:
        raise FactIncomplete("A fact has a value or an amount.")
    if (fact.amount_minor is None) is not (fact.currency is None):
        raise FactIncomplete("An amount has a currency.")
    if fact.period_start >= fact.period_end:
        raise FactIncomplete("A period ends after it begins.")
