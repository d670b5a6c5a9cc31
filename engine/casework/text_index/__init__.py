"""The text index as the product uses it: fed from the database, asked by search and by comparison.

``use_folder``            says where the index of a database lies (at start-up, from the settings).
``index_of``              is the reader of this process, as the index is now; TextIndexError when there is none to use.
``not_yet_indexed``       are the matters that have changed since (``TextIndex.watermark``); compare these directly.
``documents``             makes documents of matters; ``document_of`` is the one place that does.
``Follower``              keeps the index up with the database: ``round`` once, ``run`` until told to stop.
``rebuild``               builds it anew; ``forget`` deletes changes that every follower has taken in.
``sight_of``              are the filters of documents that an officer may see, and whose people too.
``hidden_meanwhile``      are the matters that have been hidden from an officer since the index was made.

A watermark is the text of a ``pg_snapshot``: of which transactions the index has seen the changes. So a change counts
as taken in exactly when the reading that made the index could see it, whatever order transactions commit in.
"""

from engine.casework.text_index.changes import Behind, behind, forget, not_yet_indexed
from engine.casework.text_index.documents import document_of, documents
from engine.casework.text_index.follower import Follower
from engine.casework.text_index.reading import folder_of, index_of, use_folder
from engine.casework.text_index.rebuilding import rebuild
from engine.casework.text_index.seeing import hidden_meanwhile, seen_by, sight_of

__all__ = [
    "Behind",
    "Follower",
    "behind",
    "document_of",
    "documents",
    "folder_of",
    "forget",
    "hidden_meanwhile",
    "index_of",
    "not_yet_indexed",
    "rebuild",
    "seen_by",
    "sight_of",
    "use_folder",
]
