"""Files that belong to what was said."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Base


class InteractionFile(Base):
    """A file of an interaction; whoever sees the interaction may read it."""

    __tablename__ = "interaction_files"

    interaction_id: Mapped[str] = mapped_column(ForeignKey("interactions.id"), primary_key=True)
    file_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
