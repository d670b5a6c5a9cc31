"""The session that the pages work with."""

from flask_sqlalchemy import SQLAlchemy

from engine.database.base import Base

db = SQLAlchemy(model_class=Base)
