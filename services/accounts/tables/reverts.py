"""What customers were before an import changed them."""

from typing import Any

from sqlalchemy import JSON, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base


class ImportImage(Base):
    """The columns that a row of an import changed, before and after; kept for a time."""

    __tablename__ = "import_images"

    import_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, info=PERSONAL)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, info=PERSONAL)
