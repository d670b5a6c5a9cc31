"""Every sentence a form says to the officer who fills it in: Chinese source text, translated when shown.

``N_`` marks a text for Babel's extraction and changes nothing. Whoever shows it calls the translate
function that the form was given, with the values the text names.
"""

from __future__ import annotations

from typing import Protocol


class Translate(Protocol):
    """``translate(text, **values)``: the text in the reader's language, its ``%(name)s`` filled in.

    Called without values the text must come back without any formatting. ``flask_babel.gettext`` fits.
    """

    def __call__(self, text: str, /, **values: object) -> str:
        """Return the text for the reader."""
        ...


def untranslated(text: str, /, **values: object) -> str:
    """Return the Chinese source text with its values filled in."""
    return text % values if values else text


def N_(text: str) -> str:  # noqa: N802 -- the name by which Babel finds messages
    """Mark a text for translation and return it as it is."""
    return text


FILL_IN = N_("请填写“%(label)s”")
CHOOSE = N_("请选择“%(label)s”")
TICK = N_("请勾选“%(label)s”")
UPLOAD = N_("请上传“%(label)s”")
TOO_LONG = N_("“%(label)s”最多 %(limit)d 字，现有 %(count)d 字")
TOO_SHORT = N_("“%(label)s”至少 %(limit)d 字，现有 %(count)d 字")
WRONG_SHAPE = N_("“%(label)s”的格式不正确")
NO_EMAIL = N_("“%(label)s”应是电子邮箱地址，例如 name@example.cn")
NO_PHONE = N_("“%(label)s”应是电话号码，例如 13800000000 或 0512-12345678")
NO_NUMBER = N_("“%(label)s”应填写数字，例如 12")
NO_WHOLE_NUMBER = N_("“%(label)s”应填写整数，例如 12")
TOO_MANY_DECIMALS = N_("“%(label)s”最多 %(limit)d 位小数")
TOO_SMALL = N_("“%(label)s”不能小于 %(limit)s")
TOO_LARGE = N_("“%(label)s”不能大于 %(limit)s")
NO_DATE = N_("“%(label)s”应填写日期，例如 2026-03-15")
NO_TIME = N_("“%(label)s”应填写时间，例如 09:30")
NO_DATETIME = N_("“%(label)s”应填写日期和时间，例如 2026-03-15 09:30")
TOO_EARLY = N_("“%(label)s”不能早于 %(limit)s")
TOO_LATE = N_("“%(label)s”不能晚于 %(limit)s")
NOT_OFFERED = N_("“%(label)s”所选的内容不在可选范围内，请重新选择")
NO_SUCH_MATTER = N_("没有找到编号为“%(typed)s”的事项，请核对“%(label)s”")
TOO_MANY_FILES = N_("“%(label)s”最多上传 %(limit)d 个文件，现有 %(count)d 个")
FILE_TOO_LARGE = N_("文件“%(file)s”超过 %(limit)s，未能上传")
FILE_EMPTY = N_("文件“%(file)s”是空的，未能上传")
WRONG_EXTENSION = N_("文件“%(file)s”的类型不在允许范围内（%(allowed)s），未能上传")
TOO_FEW_ROWS = N_("“%(label)s”至少填写 %(limit)d 条，现有 %(count)d 条")
TOO_MANY_ROWS = N_("“%(label)s”最多填写 %(limit)d 条，现有 %(count)d 条")
IN_ROW = N_("第 %(row)d 条：%(message)s")
YES = N_("是")
NO = N_("否")
LIST_SEPARATOR = N_("、")
