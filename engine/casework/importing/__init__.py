"""Importing the files of channels: reading them, telling what each column is, and making matters of the rows."""

from engine.casework.importing.batch import (
    ImportReport,
    RowResult,
    choose_mapping,
    import_file,
    run_batch,
    start_batch,
)
from engine.casework.importing.errors import FileRefused
from engine.casework.importing.mapping import DATE_ORDER, FIELDS, Reader, guess_mapping, mapping_problems, usable
from engine.casework.importing.preview import Preview, PreviewRow, preview
from engine.casework.importing.tables import Row, Table, read_table

__all__ = [
    "DATE_ORDER",
    "FIELDS",
    "FileRefused",
    "ImportReport",
    "Preview",
    "PreviewRow",
    "Reader",
    "Row",
    "RowResult",
    "Table",
    "choose_mapping",
    "guess_mapping",
    "import_file",
    "mapping_problems",
    "preview",
    "read_table",
    "run_batch",
    "start_batch",
    "usable",
]
