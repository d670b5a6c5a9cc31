"""What the demonstration's officers type: a few wordings of every step, chosen by the matter so that they differ."""

from collections.abc import Sequence
from typing import Any, Final
from zlib import crc32

from engine.casework.demo.messages import DemoMatter

FACTS: Final = (
    "接件后与反映人电话核对了时间、地点和经过，随即到{place}现场查看，走访了周边群众，反映的情况与现场基本一致。",
    "调取了{place}近两周的公共视频和接处警记录，并当面询问了有关人员，事情经过已经查清。",
    "查阅了原始卷宗和系统记录，两次联系反映人补充细节，并到{place}实地核查，形成核查笔录。",
    "会同社区和相关单位到{place}现场办公，逐项核对反映人所提问题，能当场明确的当场作了说明。",
)
MEASURES: Final = (
    "已落实专人负责，对存在的问题当场整改，并列入本单位重点工作每周通报一次。",
    "依法对有关人员予以教育警告，责令限期改正；辖区警力增加巡查频次，防止反弹。",
    "按规定为反映人办理了相关手续，并就办理流程向其作了解释，反映人表示理解。",
    "已将情况录入系统继续跟进，同时明确联系民警和电话，有进展随时告知反映人。",
)
SUMMARIES: Final = (
    "反映情况基本属实，已经处置完毕，并与反映人沟通。",
    "经查部分属实，能解决的已经解决，其余已说明依据。",
    "已按规定办结，反映人对办理过程无异议。",
)
REPLIES: Final = (
    "您反映的“{title}”收悉。经核查，我局{unit}已到现场处理并落实后续巡查，如仍有问题，请随时与我们联系。感谢您的监督。",
    "关于您反映的“{title}”，{unit}已调查核实并依法依规作出处理，有关依据已向您说明。感谢您对公安工作的支持。",
    "您好！“{title}”一事已由{unit}办理。目前问题已得到解决，我们将举一反三，改进工作。谢谢您的建议。",
)
TALKS: Final = (
    "电话听取了反映人的诉求，说明了办理流程和时限。",
    "向反映人通报了核查进展，听取意见，解释了有关规定。",
    "与反映人面谈，就其关心的问题逐一答复，情绪平稳。",
)
DECLINED: Final = "您好！您反映的内容缺少具体事实，经联系仍无法核实，依规定不予受理。如有新的线索，欢迎再次反映。"
POINTS: Final = ("答复稿没有回应反映人的第二点诉求", "处置措施缺少完成时间", "未写明所依据的规定")
COMMENTS: Final = ("核查清楚，处置得当，同意答复。", "同意。请注意跟踪，防止反弹。", "事实清楚，答复稿可以发出。")
COMPLAINTS: Final = ("只是口头答应，问题过几天又出现了", "答复太笼统，没有说明什么时候能解决")


def choose(texts: Sequence[str], matter: DemoMatter, step: str) -> str:
    """Return one of the texts, always the same for the same matter and step."""
    return texts[crc32(f"{matter.key}/{step}".encode()) % len(texts)]


def answers(step: str, matter: DemoMatter, unit: str, talked_at: str) -> dict[str, Any]:
    """Return what is typed in a step of a matter when all goes well; ``talked_at`` is ISO 8601."""
    place = matter.place or "现场"
    talk = {
        "method": "meeting" if crc32(matter.key.encode()) % 3 == 0 else "phone",
        "at": talked_at,
        "whom": matter.name or "反映人",
        "summary": choose(TALKS, matter, step),
    }
    reply = choose(REPLIES, matter, "reply").format(title=matter.title, unit=unit or "受理部门")
    typed: dict[str, dict[str, Any]] = {
        "accept": {"decision": "accepted", "note": "内容具体，属于公安机关职责。"},
        "hand_on": {"decision": "handed_on", "method": "platform"},
        "investigate": {
            "contacts": [talk],
            "facts": choose(FACTS, matter, step).format(place=place),
            "finding": ("true", "true", "partly", "not_applicable")[crc32(matter.title.encode()) % 4],
        },
        "dispose": {
            "measures": choose(MEASURES, matter, step),
            "result": ("solved", "solved", "explained")[crc32(matter.key.encode()) % 3],
            "contacts": [],
        },
        "feed_back": {
            "summary": choose(SUMMARIES, matter, step),
            "reply_draft": reply,
            "explained": True,
            "view": "accepts",
        },
        "review": {"decision": "pass", "comment": choose(COMMENTS, matter, step)},
        "approve": {"decision": "pass", "comment": choose(COMMENTS, matter, step)},
        "reply": {"reply": reply, "medium": "channel"},
        "visit": {"result": "satisfied", "method": "phone"},
    }
    return dict(typed.get(step, {}))
