"""The text of attachments that nobody has read yet: those from before texts were kept, and those a step attached.

A few at a time, each in transactions of its own. That a file is being read is committed before it is opened: one that
ends the process costs only itself and is not tried again by the worker, but by the command, when somebody asks.
A file whose text carries a mark of secrecy is not read in: its text stays out of the index, and whoever has to know is
told; the file itself is a matter of the procedure for secrets that got in, which a person carries out.
"""

from typing import Final

from sqlalchemy import Engine, text

from engine.casework import attempts, secret_words
from engine.casework.attachments import NOTHING, Store
from engine.casework.history import SYSTEM
from engine.casework.screening import screen_file

AT_ONCE: Final = 200
MARKED: Final = "有疑似涉密标志，没有保存文字"
GONE: Final = "文件不在存储中，没有读取"
BEGUN: Final = "正在读取；若一直如此，是读取时程序中断，文字没有保存"
PLACE: Final = "attachment"

NEXT = text(
    """
update attachment a set unread = :begun from matter m
where m.id = a.matter_id and a.id = (
    select id from attachment where text is null and unread is null order by id limit 1 for update skip locked
)
returning a.id, a.hash, m.number
"""
)
AGAIN = text("update attachment set unread = null where text is null and unread = :begun")
KEEP = text("update attachment set text = :text, unread = :unread where id = :id")
LEFT = text("select count(*) from attachment where text is null and unread is null")


def left(engine: Engine) -> int:
    """Return how many attachments nobody has read yet."""
    with engine.connect() as connection:
        return int(connection.execute(LEFT).scalar_one())


def forget_begun(engine: Engine) -> int:
    """Let the files whose reading was broken off be read again; return how many. For when nobody else is reading."""
    with engine.begin() as connection:
        return connection.execute(AGAIN, {"begun": BEGUN}).rowcount


def read_attachments(engine: Engine, store: Store, *, most: int = AT_ONCE) -> int:
    """Read at most ``most`` attachments that nobody has read yet and keep their text; return how many were read."""
    for done in range(most):
        with engine.begin() as connection:
            row = connection.execute(NEXT, {"begun": BEGUN}).one_or_none()
        if row is None:
            return done
        with engine.begin() as connection:
            secret_words.look(connection)
            words: str | None = None
            unread: str | None = GONE
            path = store.path(row.hash)
            if path.is_file():
                read = screen_file(path.read_bytes())
                words, unread = read.text or None, read.unread or (None if read.text else NOTHING)
                if read.secret:
                    words, unread = None, MARKED
                    attempts.record(connection, actor=SYSTEM, place=PLACE, kinds=read.secret, subject=row.number)
            connection.execute(KEEP, {"id": row.id, "text": words, "unread": unread})
    return most
