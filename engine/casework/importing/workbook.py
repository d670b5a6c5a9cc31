"""XLSX workbooks: the first sheet that holds a table, its values as text."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from openpyxl import load_workbook

from engine.casework.importing.errors import FileRefused
from engine.casework.media_types import XLSX, media_type_of

# A sheet may claim a million empty rows; this many in a row end it.
EMPTY_ROWS = 1000


def read_workbook(content: bytes) -> list[tuple[int, list[str]]]:
    """Return the rows of the first sheet with at least two filled cells in a row; raises FileRefused."""
    if media_type_of(content) != XLSX:
        raise FileRefused("这不是可以导入的 XLSX 表格（可能含宏，或文件已损坏）。")
    with warnings.catch_warnings():
        # openpyxl warns of styles and extensions it leaves out; only the values matter here.
        warnings.simplefilter("ignore")
        try:
            return _first_filled(content)
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, AttributeError, SyntaxError) as error:
            raise FileRefused("表格文件已损坏，读不出来，请重新导出。") from error


def _first_filled(content: bytes) -> list[tuple[int, list[str]]]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            rows = list(_rows(sheet))
            if any(sum(map(bool, cells)) > 1 for _, cells in rows):
                return rows
    finally:
        book.close()
    raise FileRefused("表格里没有内容。")


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    empty = 0
    for line, values in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [cell_text(value) for value in values]
        if any(cells):
            empty = 0
            yield line, cells
        else:
            empty += 1
            if empty >= EMPTY_ROWS:
                return


def cell_text(value: Any) -> str:
    """Return a cell's value as a person would have typed it: whole numbers without a point, dates year first."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - what Excel keeps exact
        value = int(value)
    elif isinstance(value, datetime):
        value = value.replace(microsecond=0)
    return str(value)
