"""Whether the demonstration was filled to its end."""

from sqlalchemy import CheckConstraint, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Moment
from engine.database.base import Base


class DemoFill(Base):
    """The fill of this database with the demonstration bureau, in real time; no row where there never was one.

    The row is written with the bureau's first rows, and ``finished_at`` after its last.
    """

    __tablename__ = "demo_fill"
    __table_args__ = (CheckConstraint("id = 1", name="id"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    begun_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
