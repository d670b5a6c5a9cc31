"""Searching: what is asked, where it is looked for, what of it is shown, and the record that it was asked.

The index says which matters and how many; without one the database is asked, slower. What is shown is loaded from the
database through ``permissions`` either way.
"""

from engine.casework.searching.asked import NARROWED, Asked
from engine.casework.searching.search import DEEPEST, Results, search
from engine.casework.searching.shown import Shown

__all__ = ["DEEPEST", "NARROWED", "Asked", "Results", "Shown", "search"]
