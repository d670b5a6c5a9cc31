"""The database: one PostgreSQL, one schema, one clock."""

from flask_sqlalchemy import SQLAlchemy

from engine.database.base import Base

db = SQLAlchemy(model_class=Base)

__all__ = ["Base", "db"]
