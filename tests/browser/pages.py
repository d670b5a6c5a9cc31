"""The main pages with whom to show them to: for accessibility checks and for photographs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """A page: its name, whom it is shown to, its path.

    ``{number}`` is a matter in the middle of its life, ``{instance}`` its process, ``{instructor}`` who answers for it.
    """

    name: str
    login: str | None
    path: str


PAGES = (
    Shown("login", None, "/login"),
    Shown("tasks", "wanglijuan", "/tasks"),
    Shown("tasks-handler", "{handler}", "/tasks"),
    Shown("task", "{handler}", "/tasks/{task}"),
    Shown("matter", "zhengyifan", "/matters/{number}"),
    Shown("library", "zhengyifan", "/matters"),
    Shown("intake", "wanglijuan", "/intake/new"),
    Shown("imports", "wanglijuan", "/imports"),
    Shown("board", "zhengyifan", "/board"),
    Shown("notices", "{handler}", "/notices"),
    Shown("processes", "xuezhiqiang", "/processes"),
    Shown("process-upload", "xuezhiqiang", "/processes/new"),
    Shown("instances", "xuezhiqiang", "/instances"),
    Shown("instance", "xuezhiqiang", "/instances/{instance}"),
    Shown("instance-inspector", "zhengyifan", "/instances/{instance}"),
    Shown("incidents", "xuezhiqiang", "/instances/incidents"),
    Shown("schedules", "xuezhiqiang", "/schedules"),
    Shown("extension", "{instructor}", "/matters/{number}/clock/extend"),
    Shown("pause", "{instructor}", "/matters/{number}/clock/pause"),
    Shown("calendar", "zhengyifan", "/calendar"),
    Shown("units", "zhengyifan", "/bureau/units"),
    Shown("officers", "zhengyifan", "/bureau/officers"),
    Shown("channels", "zhengyifan", "/bureau/channels"),
    Shown("categories", "zhengyifan", "/bureau/categories"),
    Shown("keywords", "zhengyifan", "/bureau/keywords"),
    Shown("keyword-versions", "zhengyifan", "/bureau/keywords/versions"),
    Shown("roles", "zhengyifan", "/bureau/roles"),
    Shown("search", "zhengyifan", "/search?q=噪音"),
    Shown("bursts", "zhengyifan", "/bursts"),
    Shown("reconciliation", "zhengyifan", "/reconciliation"),
    Shown("secret-attempts", "zhengyifan", "/secret-attempts"),
    Shown("decision", "xuezhiqiang", "/processes/1/decisions/clocks"),
    Shown("proceedings", "zhengyifan", "/proceedings?status="),
    Shown("proceeding-new", "zhengyifan", "/proceedings/new/rectification"),
    Shown("points", "zhengyifan", "/proceedings/points"),
    Shown("learning", "zhengyifan", "/learning"),
    Shown("learning-matters", "zhengyifan", "/learning/matters"),
    Shown("fires", "zhengyifan", "/oversight/fires"),
    Shown("audit", "zhengyifan", "/oversight/audit"),
    Shown("account", "zhengyifan", "/account"),
)
