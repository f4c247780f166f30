"""What the house says about its telephony: phones, numbers, dispositions, and its links."""

from datetime import datetime

from sqlalchemy import Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Record


class AgentDevice(Record):
    """Whose a phone is."""

    __tablename__ = "agent_devices"

    # Such as PJSIP/1001; of one that is reached over a trunk, its number.
    device: Mapped[str] = mapped_column(String(80), unique=True, info=PERSONAL)
    staff_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)


class DialledNumber(Record):
    """What a number of ours is for."""

    __tablename__ = "dialled_numbers"

    dnis: Mapped[str] = mapped_column(String(40), unique=True)
    purpose: Mapped[str] = mapped_column(String(80))
    queue: Mapped[str | None] = mapped_column(String(80))


class Disposition(Record):
    """What can come of a call, as the users call it."""

    __tablename__ = "dispositions"
    __table_args__ = (UniqueConstraint("entity_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80))
    place: Mapped[int] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column(default=True)


class PbxLink(Record):
    """The bridge's link to a PBX, as told last."""

    __tablename__ = "pbx_links"

    pbx: Mapped[str] = mapped_column(String(64), unique=True)
    boot_id: Mapped[str] = mapped_column(String(80))
    is_up: Mapped[bool]
    since: Mapped[datetime]  # the PBX's clock
    gap_from: Mapped[datetime | None]  # the last time that nobody heard it
    gap_to: Mapped[datetime | None]
    restarted: Mapped[bool]
    open_calls: Mapped[int] = mapped_column(Integer)  # when the link was lost
    closed_calls: Mapped[int] = mapped_column(Integer)  # when it was restored
