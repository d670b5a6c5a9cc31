"""The demonstration bureau: an invented county's police with its units, officers, channels and categories.

Codes are the keys by which these tables, the routing dictionary and the messages name each other.
"""

from dataclasses import dataclass, field

from engine.casework.demo.tables import rows
from engine.casework.roles import ANYWHERE

MAIL = "yunxi.example"
PASSWORD = "Yunxi-2026"  # noqa: S105 the log-in page of the demonstration shows it
"""Everyone's password in the demonstration."""


@dataclass(frozen=True)
class DemoUnit:
    """A unit: `names` people write it by, `generic` words for all units of its sort, `places` it serves."""

    code: str
    name: str
    kind: str
    parent: str | None
    names: tuple[str, ...] = ()
    generic: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    phone: str = ""


@dataclass(frozen=True)
class DemoOfficer:
    """An officer of `unit`; `holdings` are (role, unit's code), the unit None for roles held in the whole bureau."""

    login: str
    name: str
    badge: str
    unit: str
    holdings: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class DemoChannel:
    """A channel as in the table of channels; `column_mapping` is {field: columns} of its files."""

    code: str
    name: str
    receiving_unit: str
    medium: str
    delivery: str
    online: bool
    solicited: bool
    clock: str
    number_label: str
    address: str = ""
    column_mapping: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class DemoCategory:
    """A category; `parent` None on the first level, whose kind its children share."""

    code: str
    name: str
    parent: str | None
    kind: str
    topic: str = ""
    conduct: bool = False


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _holding(text: str) -> tuple[str, str | None]:
    role, unit = text.split("@")
    return role, None if unit == ANYWHERE else unit


UNITS: tuple[DemoUnit, ...] = tuple(
    DemoUnit(
        row["code"],
        row["name"],
        row["kind"],
        row["parent"] or None,
        _words(row["names"]),
        _words(row["generic"]),
        _words(row["places"]),
        row["phone"],
    )
    for row in rows("units.csv")
)

OFFICERS: tuple[DemoOfficer, ...] = tuple(
    DemoOfficer(row["login"], row["name"], row["badge"], row["unit"], tuple(map(_holding, _words(row["holdings"]))))
    for row in rows("officers.csv")
)

_HOTLINE_COLUMNS = {
    "number": ["工单编号"],
    "title": ["诉求标题"],
    "body": ["诉求内容"],
    "received_at": ["来电时间"],
    "place": ["事发地点"],
    "kind": ["诉求类型"],
    "petitioner_name": ["诉求人"],
    "phone": ["联系电话"],
}
_MAILBOX_COLUMNS = {
    "number": ["信件编号"],
    "title": ["信件标题"],
    "body": ["信件内容"],
    "received_at": ["来信时间"],
    "petitioner_name": ["来信人"],
    "phone": ["手机号码"],
}
_SMS_COLUMNS = {
    "number": ["评警编号"],
    "title": ["警情摘要"],
    "body": ["短信内容"],
    "received_at": ["接收时间"],
    "place": ["处警地点"],
    "phone": ["手机号"],
}

CHANNELS: tuple[DemoChannel, ...] = (
    DemoChannel("proposal", "人大政协建议提案", "office", "letter", "typed", online=False, solicited=False,
                clock="proposal", number_label="建议提案号"),
    DemoChannel("mayor", "市长信箱", "office", "email", "mail", online=True, solicited=False, clock="mailbox",
                number_label="信件编号", address=f"szxx@{MAIL}", column_mapping=_MAILBOX_COLUMNS),
    DemoChannel("hotline", "12345政府服务平台", "command", "webhook", "file", online=True, solicited=False,
                clock="hotline", number_label="工单编号", address="/hotline",
                column_mapping=_HOTLINE_COLUMNS),
    DemoChannel("radio", "政风热线", "inspectorate", "phone", "typed", online=False, solicited=True, clock="service",
                number_label="节目登记号"),
    DemoChannel("pingan", "平安民声", "politics", "email", "file", online=True, solicited=True, clock="service",
                number_label="民声编号", address=f"pams@{MAIL}"),
    DemoChannel("sms", "110短信评警", "command", "sms", "sms", online=True, solicited=True, clock="service",
                number_label="评警编号", column_mapping=_SMS_COLUMNS),
    DemoChannel("police_line", "民生警务连线", "politics", "phone", "typed", online=False, solicited=True,
                clock="service", number_label="连线单号"),
    DemoChannel("letters", "来信来访", "petitions", "letter", "typed", online=False, solicited=False, clock="petition",
                number_label="信访登记号"),
    DemoChannel("instruction", "批示督办", "office", "letter", "typed", online=False, solicited=False,
                clock="instruction", number_label="批示编号"),
)  # fmt: skip

_KINDS = {
    "consult": "咨询",
    "request": "求助",
    "complaint": "投诉",
    "report": "举报",
    "suggestion": "建议",
    "petition": "信访",
    "praise": "表扬",
}
_TOPICS = """
consult household 户籍业务
consult identity 身份证与居住证
consult driving 驾驶证业务
consult vehicle 机动车业务
consult exit_entry 出入境证件
consult law 法律政策与办案程序
consult permits 治安许可
request household 户籍办理困难
request identity 证件办理困难
request facility 交通信号与设施
request order 交通秩序与通行
request parking 停车秩序
request accident 交通事故处理
request vehicle 车驾管办理困难
request noise 生活噪声扰民
request dogs 犬只扰民伤人
request dispute 纠纷调处
request case 案件进展
request lost 寻人寻物
complaint window 窗口服务
complaint internal 内务管理
complaint discipline 警纪警风
complaint style 工作作风
complaint enforcement 执法办案
complaint penalty 交通处罚异议
report gambling 赌博
report vice 涉黄
report drugs 涉毒
report fraud 诈骗
report economic 非法集资与传销
report gang 涉黑涉恶
report theft 盗抢
report violence 殴打滋事
report traffic 交通违法
report explosives 枪爆与烟花
report network 网络违法
report venues 场所与行业
suggestion facility 交通设施优化
suggestion order 交通组织优化
suggestion community 社区治安防控
suggestion service 便民服务
petition decision 不服处理决定
petition review 复查复核
praise officer 表扬民警
"""
CONDUCT = frozenset({"window", "internal", "discipline", "style"})
"""Topics of complaints about how officers behave: 窗口服务, 内务管理, 警纪警风, 工作作风."""

CATEGORIES: tuple[DemoCategory, ...] = (
    *(DemoCategory(kind, name, None, kind) for kind, name in _KINDS.items()),
    *(
        DemoCategory(f"{kind}.{topic}", name, kind, kind, topic, conduct=kind == "complaint" and topic in CONDUCT)
        for kind, topic, name in (line.split() for line in _TOPICS.strip().splitlines())
    ),
)
