"""Small messages of the tests' own, drawn from stems, to learn from."""

import random

from rules.learning_features import Text

STEMS = {
    "traffic": ("红绿灯不亮", "路口拥堵严重", "车辆违停", "斑马线看不清", "夜里货车飙车"),
    "household": ("孩子怎么落户", "户口迁移的材料", "身份证到期换领", "居住证续签", "姓名变更登记"),
    "order": ("棋牌室有人赌博", "邻居打架斗殴", "有人燃放鞭炮", "大型犬不牵绳", "夜里寻衅滋事"),
    "outside": ("物业费乱收", "工地夜间施工", "拖欠工资不发", "小学入学报名", "垃圾没人清运"),
}
FRAMES = ("反映{place}{stem}的问题", "{place}{stem}，请处理", "请问{place}{stem}归谁管", "关于{place}{stem}的建议")
PLACES = ("望江路", "柳营巷", "清河坊", "南桥镇", "北苑", "东风里")
STORIES = ("情况已经有两个月了。", "多次打电话没有结果。", "希望尽快答复。", "周围居民都很着急。")


def messages(count: int, seed: int = 1) -> list[tuple[Text, str]]:
    """Draw messages with their labels."""
    chance = random.Random(seed)  # noqa: S311 - the same draw in every run
    drawn = []
    for number in range(count):
        label = sorted(STEMS)[number % len(STEMS)]
        title = chance.choice(FRAMES).format(place=chance.choice(PLACES), stem=chance.choice(STEMS[label]))
        body = chance.choice(STORIES) + chance.choice(STEMS[label]) + "。" + chance.choice(STORIES)
        drawn.append((Text(title, body), label))
    return drawn
