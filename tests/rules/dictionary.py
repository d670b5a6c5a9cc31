"""A small routing table for the tests of routing, apart from the demonstration's own."""

from rules.routing import Category, Officer, Router, Rule, Unit

UNITS = (
    Unit("traffic", ("县交警大队", "交警大队"), generic=("交警",)),
    Unit("order", ("治安大队",)),
    Unit("household", ("户政大队",)),
    Unit("inspectorate", ("督察大队",)),
    Unit("petitions", ("信访科",)),
    Unit("east", ("城东派出所", "城东所"), station=True, places=("东门街", "柳荫小区"), generic=("派出所", "片警")),
    Unit("west", ("城西派出所",), station=True, places=("西关大街", "柳荫"), generic=("派出所", "片警")),
)
CATEGORIES = (
    Category("consult", "consult"),
    Category("consult.signal", "consult", "signal"),
    Category("request.signal", "request", "signal"),
    Category("report.gambling", "report", "gambling"),
    Category("complaint.window", "complaint", "window"),
)
OFFICERS = (Officer("o1", "贾仁义", "traffic", "081234"),)
RULES = (
    Rule("signal", "department", ("红绿灯", "信号灯"), unit="traffic", category="request.signal", priority=8),
    Rule("parking", "department", ("违停",), without=("共享单车",), unit="traffic", priority=6, clock="3工作日"),
    Rule("lorry", "department", ("货车+超",), also=("夜间|凌晨",), unit="traffic", priority=6, severity="major"),
    Rule("gambling", "local", ("赌博", "赌场"), unit="order", category="report.gambling", priority=8),
    Rule("hukou", "department", ("户口", "落户"), unit="household", priority=5),
    Rule("school", "outside", ("入学", "学位"), agency="教育局", priority=7),
    Rule("build", "outside", ("违章建筑",), agency="城市管理局", priority=8),
    Rule("attitude", "accusation", ("态度恶劣", "推诿"), unit="inspectorate", category="complaint.window", priority=6),
    Rule("bribes", "accusation", ("收受好处",), unit="petitions", category="complaint.window", priority=5),
    Rule("fight", "local", ("殴打",), unit="order", priority=6),
    Rule("beating", "accusation", ("殴打",), unit="inspectorate", priority=7),
    Rule("ask", "intent", ("咨询", "请问"), matter_kind="consult"),
    Rule("tell", "intent", ("举报",), matter_kind="report", priority=6),
    Rule("death", "severity", ("死亡",), severity="urgent"),
)


def router(*more: Rule, rules: tuple[Rule, ...] = RULES) -> Router:
    """Return a router of the table, with `more` rules added."""
    return Router((*rules, *more), UNITS, CATEGORIES, OFFICERS)
