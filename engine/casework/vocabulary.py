"""The closed lists of the bureau: every code a column may hold, with its Chinese name.

The check constraints of the tables, the forms' choices and the pages' labels all come from here.
"""

KINDS = {
    "consult": "咨询",
    "request": "求助",
    "complaint": "投诉",
    "report": "举报",
    "suggestion": "建议",
    "petition": "信访",
    "praise": "表扬",
}
"""民意类型, first level."""

SEVERITIES = {"ordinary": "一般", "major": "较为重大、复杂", "urgent": "紧急"}

STATUSES = {"open": "办理中", "waiting": "等待", "closed": "已办结"}

SATISFACTIONS = {
    "satisfied": "满意",
    "basically": "基本满意",
    "dissatisfied": "不满意",
    "unreachable": "联系不上",
    "refused": "拒绝评价",
}

MEDIA = {"email": "电子邮件", "webhook": "接口", "sms": "短信", "phone": "电话", "letter": "信函"}
"""By what a channel's reply reaches the petitioner."""

DELIVERIES = {"api": "接口推送", "file": "文件导入", "mail": "邮件", "sms": "短信", "typed": "手工录入"}
"""By what a channel's messages reach the bureau."""

REPORT_DAYS = {"every_day": "每天", "working_days": "工作日"}
"""For which days a channel's receiver says how many messages it received."""

UNIT_KINDS = {
    "bureau": "县局",
    "leadership": "局领导",
    "office": "综合部门",
    "department": "警种部门",
    "brigade": "大队",
    "station": "派出所",
    "squad": "中队",
    "inspectorate": "督察",
}

LEVELS = {
    "reminder": "提醒",
    "instructor": "教导员",
    "inspectorate": "督察",
    "bureau_leader": "分管局领导",
}
"""How high a late matter has climbed."""

CONTACT_METHODS = {
    "phone": "电话沟通",
    "meeting": "见面约谈",
    "visit": "上门走访",
    "explanation": "解释疏导",
    "message": "短信或网络消息",
}
"""How an officer was in touch with the petitioner; the form's contact records offer the same."""

DISPATCH_STATUSES = {"pending": "待发送", "sent": "已送达", "failed": "发送失败"}

IMPORT_OUTCOMES = {
    "matter": "新登记",
    "repeat": "重复诉求，已关联",
    "out_of_scope": "不属公安职责",
    "duplicate": "已在平台，未重复导入",
    "error": "有误，未导入",
}

IMPORT_STATUSES = {"running": "导入中", "finished": "已完成", "failed": "中断"}

KEYWORD_KINDS = {
    "department": "部门",
    "local": "属地",
    "outside": "不属公安职责",
    "accusation": "涉警言行",
    "matter": "事项",
    "intent": "诉求性质",
    "severity": "轻重",
}

KEYWORD_STATES = {"valid": "在用", "future": "未到生效日期", "expired": "已过失效日期", "off": "已停用"}

PREVIEW_STATUSES = {"waiting": "排队中", "running": "计算中", "finished": "已完成", "failed": "没有算成"}
"""How far the computation is of what a draft would do to past matters."""

DAY_KINDS = {"holiday": "放假", "workday": "调休上班"}

CALENDAR_STATUSES = {"official": "正式", "provisional": "暂定"}

LOCALES = {"zh": "中文", "en": "English"}

TOKEN_SCOPES = {"read": "只读", "write": "读写"}
"""What a token of the API may be used for."""

THEMES = {"auto": "跟随系统", "light": "浅色", "dark": "深色"}

MIGRATION_STATUSES = {
    "assessing": "正在评估",
    "assessed": "已评估，待开始",
    "running": "正在迁移",
    "reverting": "正在移回旧版",
    "finished": "迁移完成",
}

MIGRATION_VERDICTS = {"safe": "可以直接迁移", "needs_mapping": "要指定对应环节", "blocked": "不能迁移"}
"""What the assessment of a running matter says."""

MIGRATION_OUTCOMES = {"migrated": "已迁移", "failed": "没有迁移成", "skipped": "已不在旧版上", "reverted": "已移回旧版"}

PROCEEDING_KINDS = {
    "supervision": "督查督办",
    "accountability": "问责追责",
    "rectification": "专项整改",
    "transfer": "转办跟踪",
}
"""What follows from matters and is none itself."""

SUPERVISION_LEVELS = {"prompt": "督查提示", "order": "督办单"}
"""A prompt comes before a deadline is missed, an order after."""

PROCEEDING_STATUSES = {"open": "办理中", "closed": "已办结"}

PROCEEDING_OUTCOMES = {
    "lifted": "已解除",
    "accountability": "已移送问责",
    "cleared": "已澄清正名",
    "sanctioned": "已处理",
    "effective": "整改有效",
    "received": "主管部门已签收",
    "refused": "主管部门拒收",
    "cancelled": "已撤销",
}

SANCTIONS = {
    "talk": "谈话提醒",
    "criticism": "批评教育",
    "notice": "通报批评",
    "points": "记分",
    "transfer": "移送纪检监察",
}
"""What an accountability case may come to for the officer concerned."""

MODEL_STATES = {"in_force": "使用中", "retired": "已停用", "refused": "未启用"}
"""What has become of a trained routing model."""

MODEL_EVENTS = {
    "went_live": "训练后启用",
    "refused": "训练后未启用",
    "rolled_back": "回退启用",
    "stopped": "停用模型，只按规则",
}
"""What was done with the versions of the routing model."""
