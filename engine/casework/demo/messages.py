"""The demonstration bureau's matters: `messages.txt` beside this module, each written for itself."""

from dataclasses import dataclass
from importlib.resources import files

FATES = {
    "to_accept": "waits to be accepted",
    "to_hand_on": "waits to be handed on to the agency",
    "to_sign": "waits for the liaison's signature, in time",
    "late_sign": "nobody signed: past the deadline, the instructor told",
    "investigating": "signed, waits at investigate",
    "disposing": "waits at dispose",
    "feeding_back": "waits at feed_back",
    "late_handling": "in handling past its deadline, the instructor told",
    "escalated_leader": "in handling so long past its deadline that the bureau leader was told",
    "in_review": "waits for the instructor's review",
    "in_approval": "waits for the bureau leader's approval",
    "rejected_once": "the review sent it back, it is handled again",
    "to_reply": "approved, waits for the reply",
    "to_visit": "replied, waits for the call back",
    "closed": "closed, satisfied",
    "closed_basically": "closed, basically satisfied",
    "closed_dissatisfied": "closed, dissatisfied although explained",
    "closed_unreachable": "closed, nobody could be reached",
    "closed_refused": "closed, refused to rate",
    "dissatisfied_rework": "dissatisfied at the call back, handled again",
    "sent_back": "the first unit sent it back, the right one (`unit`) handled it; closed, satisfied",
    "handed_on": "not a police matter: handed on, told, closed",
    "not_accepted": "not accepted, told, closed",
}
"""How far a matter is to come in the demonstration. `repeat_of:KEY` besides: a repeat of the matter KEY."""
OUTSIDE = "outside"
NOBODY = "-"


@dataclass(frozen=True)
class DemoMatter:
    """A message with what became of it.

    `unit`: the unit meant to handle it, "" for one that is not a police matter · `category`: its code, "" for such
    ones · `days`: received so many days ago · `fate`: a key of FATES, or `repeat_of:KEY`. No name means anonymous.
    """

    key: str
    channel: str
    unit: str
    category: str
    days: int
    fate: str
    place: str
    name: str
    phone: str
    title: str
    body: str

    @property
    def primary(self) -> str:
        """The key of the matter that this one repeats, "" when it repeats none."""
        return self.fate.partition(":")[2]


def _matter(block: str) -> DemoMatter:
    head, title, *body = block.strip().splitlines()
    key, channel, unit, category, days, fate, place, name, phone = (part.strip() for part in head.split("|"))
    return DemoMatter(
        key=key,
        channel=channel,
        unit="" if unit == OUTSIDE else unit,
        category="" if category == NOBODY else category,
        days=int(days),
        fate=fate,
        place=place,
        name="" if name == NOBODY else name,
        phone=phone,
        title=title,
        body="\n".join(body),
    )


def _read(name: str) -> tuple[DemoMatter, ...]:
    text = files("engine.casework.demo").joinpath(name).read_text(encoding="utf-8")
    return tuple(_matter(block) for block in text.split("\n@ ")[1:])


MATTERS: tuple[DemoMatter, ...] = _read("messages.txt")
"""Every matter, in no order of time."""


HOTLINE_FILE = "hotline.csv"


def hotline_file() -> bytes:
    """Return the sample file of the 12345 hotline as it comes: its own columns, a row twice, two to be refused."""
    return files("engine.casework.demo").joinpath(HOTLINE_FILE).read_bytes()
