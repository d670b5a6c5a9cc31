"""A channel's file as a table: columns by name, rows as text, whatever the file's format."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import filetype

from engine.casework.importing.errors import FileRefused
from engine.casework.importing.separated import read_separated
from engine.casework.importing.workbook import read_workbook

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELL = 200_000
HEADER_WITHIN = 10
ZIP_MARK = b"PK\x03\x04"
OLD_EXCEL_MARK = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Row:
    """A record: the number of its line or row in the file, a cell for each column, what is wrong with it."""

    line: int
    cells: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file's content. Column names are unique and not empty."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(content: bytes, filename: str) -> Table:
    """Read a CSV file (any usual encoding and separator) or the first filled sheet of an XLSX workbook.

    The header is the first row with at least two filled cells among the first ten; empty rows are left out.
    Raises FileRefused, in Chinese, when the file is too large, empty, damaged or of another kind.
    """
    if len(content) > MAX_BYTES:
        raise FileRefused(f"文件超过 {MAX_BYTES // 1024 // 1024} MB，请分开导入。")
    if not content.strip(b"\x00\r\n\t "):
        raise FileRefused("文件是空的。")
    if content[:4] == OLD_EXCEL_MARK:
        raise FileRefused("这是旧的 XLS 格式，请在表格软件里另存为 XLSX 或 CSV 再导入。")
    if content[:4] == ZIP_MARK:
        return _table(read_workbook(content))
    if filetype.guess(content) is not None:
        raise FileRefused("这不是表格文件，请选择 CSV 或 XLSX。")
    if PurePath(filename).suffix.lower() in {".xlsx", ".xlsm", ".xls"}:
        raise FileRefused("文件名是表格，内容却不是，文件可能已损坏。")
    return _table(read_separated(content))


def _table(records: Iterable[tuple[int, Sequence[str]]]) -> Table:
    columns: tuple[str, ...] | None = None
    skipped = 0
    rows: list[Row] = []
    lonely = None
    for line, record in records:
        cells = [cell.strip() for cell in record]
        filled = sum(bool(cell) for cell in cells)
        if not filled:
            continue
        if columns is None:
            # A sheet may begin with a title of one cell; a list of one column has nothing else.
            if filled == 1 and skipped < HEADER_WITHIN:
                lonely = lonely or (line, cells)
                skipped += 1
                continue
            columns = _named(cells)
            continue
        if len(rows) >= MAX_ROWS:
            raise FileRefused(f"文件超过 {MAX_ROWS} 行，请分开导入。")
        rows.append(_row(line, cells, len(columns)))
    if columns is None:
        raise FileRefused("没有找到表头：至少要有两列。" if lonely else "文件是空的。")
    return Table(columns, tuple(rows))


def _named(cells: Sequence[str]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        raise FileRefused(f"表头有 {len(cells)} 列，最多 {MAX_COLUMNS} 列。")
    names: list[str] = []
    for position, cell in enumerate(cells, 1):
        wanted = " ".join(cell.split())[:100] or f"第{position}列"
        name, again = wanted, 1
        while name in names:
            again += 1
            name = f"{wanted}（{again}）"
        names.append(name)
    return tuple(names)


def _row(line: int, cells: list[str], width: int) -> Row:
    problem = None
    extra = [cell for cell in cells[width:] if cell]
    if extra:
        problem = f"比表头多出 {len(extra)} 格，可能有未加引号的分隔符"
    cells = cells[:width] + [""] * (width - len(cells))
    longest = max(map(len, cells))
    if longest > MAX_CELL:
        problem = f"有一格长达 {longest} 字，最多 {MAX_CELL} 字"
        cells = [cell[:MAX_CELL] for cell in cells]
    return Row(line, tuple(cells), problem)
