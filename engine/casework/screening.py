"""Nothing marked secret is stored: texts and files are looked at before they are written anywhere.

保守国家秘密法 (2024) article 31: no state secrets on a system that is not made for them. What was found is neither kept
nor logged; only where.
"""

from engine.casework.file_text import text_of
from engine.casework.media_types import media_type_of
from rules.screening import find_secrets


def is_secret(words: str) -> bool:
    """Say whether a text carries a mark of secrecy."""
    return bool(words) and bool(find_secrets(words))


def is_secret_file(filename: str, content: bytes) -> bool:
    """Say whether a file's name, or its text where it is TXT, DOCX or XLSX, carries a mark of secrecy."""
    return is_secret(filename) or is_secret(text_of(content, media_type_of(content) or ""))
