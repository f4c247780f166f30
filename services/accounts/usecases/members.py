"""Let customers join the club and leave it."""

from collections.abc import Mapping

from chassis.work import Work
from services.accounts.domain import members as rules
from services.accounts.domain.members import PREFIX, Joining
from services.accounts.reads import customers, telling
from services.accounts.reads import members as reads
from services.accounts.tables import Customer, Member
from services.accounts.usecases.numbering import MEMBERS, take_numbers


def register_member(work: Work, *, customer_id: str, joining: Joining) -> Member:
    """Let a customer join.

    :raises MemberAlready: if it is a member.
    :raises NumberTaken: if another member has or had the number.
    :raises NumberReserved: if it is one that the house gives out itself.
    """
    customer = work.get(Customer, customer_id)
    customers.hold(work, [f"member:{customer_id}", f"member number:{joining.number}"])
    known = reads.current(work, customer_id)
    if known is not None:
        raise rules.MemberAlready(
            "This customer is a member already.", detail={"membership_id": known.id}
        )
    member = work.add(
        Member(
            entity_id=customer.entity_id,
            customer_id=customer_id,
            number=_number(work, joining),
            level=joining.level,
            joined_on=joining.joined_on,
        )
    )
    work.tell(telling.membership_recorded, member)
    work.flush()
    return member


def update_membership(
    work: Work, *, membership_id: str, version: int, changes: Mapping[str, str | None]
) -> Member:
    """Change a member's level, or let it leave; a number is never given to another.

    :raises StaleVersion: if it changed since.
    :raises ValidityEndsFirst: if it would leave before it joined.
    :raises MemberAlready: if it would be a member twice.
    """
    member = work.get(Member, membership_id, version=version)
    work.get(Customer, member.customer_id)
    customers.hold(work, [f"member:{member.customer_id}"])
    with work.session.no_autoflush:
        for name, value in changes.items():
            setattr(member, name, value)
        rules.check_period(member.joined_on, member.left_on)
        known = reads.current(work, member.customer_id)
    if member.left_on is None and known is not None and known.id != member.id:
        raise rules.MemberAlready("This customer has joined again since.")
    if work.session.is_modified(member):
        work.tell(telling.membership_recorded, member)
        work.flush()
    return member


def _number(work: Work, joining: Joining) -> str:
    if joining.number is None:
        return PREFIX + take_numbers(work, 1, MEMBERS)[0]
    number = joining.number.strip()
    rules.check_number(number)
    if reads.is_taken(work, number):
        raise rules.NumberTaken("Another member has or had this number.")
    return number
