"""Text files with separated values: their encoding and separator found out, quoted line ends kept together."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from engine.casework.importing.errors import FileRefused

SEPARATORS = ",\t;|，；"
SAMPLE = 64 * 1024  # characters looked at to find the separator
SAMPLE_RECORDS = 50
MAX_FIELD = 8 * 1024 * 1024
MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

csv.field_size_limit(MAX_FIELD)  # the module's own 128 KB is less than some letters have


def read_separated(content: bytes) -> list[tuple[int, list[str]]]:
    """Return the records, each with the line it begins on, counted from 1; raises FileRefused."""
    text = decode(content).replace("\x00", "")
    separator = separator_of(text)
    try:
        return list(_records(text, separator, strict=True))
    except _Unclosed as unclosed:
        raise FileRefused(f"第 {unclosed.line} 行开始的引号没有闭合，后面的内容无法区分。") from None
    except csv.Error:
        # A quotation mark within a plain cell: read as it stands.
        try:
            return list(_records(text, separator, strict=False))
        except csv.Error as error:
            raise FileRefused(f"文件无法按 CSV 读取：{error}") from None


def decode(content: bytes) -> str:
    """Return the text: by its byte order mark, else UTF-8, else UTF-16 where every other byte is zero, else GB18030."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return _decoded(content, encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    guessed = _unmarked_utf16(content)
    return _decoded(content, guessed or "gb18030")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise FileRefused("看不出文件的文字编码，请另存为 UTF-8 的 CSV 再导入。") from None


def _unmarked_utf16(content: bytes) -> str | None:
    """UTF-16 without a mark: separators and digits of one file make one half of its bytes zero, the other not."""
    if len(content) % 2 or len(content) < 4:  # noqa: PLR2004 - two characters at least
        return None
    head = content[:4096]
    zeros = (head[::2].count(0), head[1::2].count(0))
    if max(zeros) <= len(head) // 40 or min(zeros) * 4 > max(zeros):
        return None
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def separator_of(text: str) -> str:
    """Return the separator that divides the first records into the most columns, most of them into equally many."""
    sample = text[:SAMPLE]
    best, found = (0.0, 0), ","
    for separator in SEPARATORS:
        widths: Counter[int] = Counter()
        reader = csv.reader(io.StringIO(sample), delimiter=separator)
        try:
            for record in reader:
                if any(record):
                    widths[len(record)] += 1
                if widths.total() >= SAMPLE_RECORDS:
                    break
        except csv.Error:
            continue
        if not widths:
            continue
        width, times = widths.most_common(1)[0]
        score = (times / widths.total() if width > 1 else 0.0, width)
        if score > best:
            best, found = score, separator
    return found


class _Unclosed(Exception):  # noqa: N818 - says what happened
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _records(text: str, separator: str, *, strict: bool) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)
    begins = 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise _Unclosed(begins) from None
            raise
        yield begins, record
        begins = reader.line_num + 1
