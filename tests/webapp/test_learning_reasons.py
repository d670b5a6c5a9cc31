"""The matter's page says why it was judged so: words marked in its own text, rules, second best, what decided."""

import json
import re

from engine.casework.learning_training import train
from tests.engine.casework.learning import decide
from tests.webapp.conftest import OFFICE, STATION, TRAFFIC, Site
from webapp.learning_reasons import Segment, highlighted

BODY = "楼下麻将馆每天噪声扰民到半夜，电话13800138000，请派出所管一管。"


def keyword(site: Site, code: str, words: str, **columns: object) -> None:
    site.execute(
        "insert into keyword (code, kind, words, unit_id, agency, severity, priority) values (:code, :kind, :words, "
        ":unit, :agency, :severity, 9)",
        **{"code": code, "kind": "department", "unit": None, "agency": None, "severity": None, **columns},
        words=words.split(),
    )


def page(site: Site, number: str, login: str = "inspector") -> str:
    answer = site.client(login).get(f"/matters/{number}")
    assert answer.status_code == 200
    return answer.text


def marks(text: str) -> list[tuple[str, str]]:
    petition = text[text.index('id="petition"') : text.index('id="mark-legend"')]
    return re.findall(r'<mark class="by-(\w+)" title="[^"]+">([^<]+)</mark>', petition)


def test_the_words_that_decided_are_marked_in_the_text_itself(site: Site) -> None:
    keyword(site, "N1", "噪声扰民 麻将馆", unit=site.bureau.units[STATION])
    keyword(site, "N2", "半夜", kind="severity", severity="major")
    number = site.register(BODY, title="麻将馆吵人").number
    text = page(site, number)
    assert marks(text) == [
        ("unit", "麻将馆"),
        ("unit", "麻将馆"),
        ("unit", "噪声扰民"),
        ("severity", "半夜"),
    ]
    card = text[text.index('id="judgement"') :]
    assert STATION in card[: card.index("</section>")]
    assert "规则 N1" in card
    assert "没有用模型" in card
    assert '<mark class="by-unit">承办单位</mark>' in text[text.index('id="mark-legend"') :]


def test_what_was_learned_is_marked_and_the_model_is_named(site: Site) -> None:
    with site.platform.engine.begin() as connection:
        decide(connection, 400, channel="letters", units={"traffic": "002", "station": "001"})
    done = train(site.platform.engine)
    text = page(site, site.register("步行街占道洗车水流满地", title="步行街占道洗车").number)
    learned = "".join(words for effect, words in marks(text) if effect == "learned")
    assert "占道洗车" in learned
    card = text[text.index('id="judgement"') :]
    assert TRAFFIC in card
    assert f"模型第 {done.model_id} 版" in card
    assert "其次" in card


def test_personal_data_stays_covered_where_it_is_marked(site: Site) -> None:
    keyword(site, "N1", "13800138000", unit=site.bureau.units[STATION])
    number = site.register(BODY).number
    assert "13800138000" in page(site, number)
    covered = page(site, number, "director")
    assert "13800138000" not in covered
    assert ("unit", "138****8000") in marks(covered)


def test_an_old_judgement_without_positions_still_shows_its_words(site: Site) -> None:
    number = site.register(BODY).number
    old = {"routing": {"unit": "001", "reasons": [{"rule": "N1", "effect": "unit", "words": ["噪声"], "score": 5}]}}
    site.execute(
        "update matter set judgement = cast(:old as jsonb) where number = :number", old=json.dumps(old), number=number
    )
    text = page(site, number)
    assert "噪声" in text[text.index('id="judgement"') :]
    assert 'id="mark-legend"' not in text
    site.execute("update matter set judgement = '{}' where number = :number", number=number)
    assert 'id="judgement"' not in page(site, number)


def test_where_no_word_speaks_nothing_is_claimed(site: Site) -> None:
    text = page(site, site.register("qq", title="ww").number)
    assert "没有可依据的词语，未能判断" in text
    assert OFFICE not in text[text.index('id="judgement"') :].split("</section>")[0]


def test_a_text_is_divided_without_loss_and_the_graver_effect_wins() -> None:
    text = "甲乙丙丁戊"
    found = highlighted(text, [(0, 3, "unit"), (2, 4, "severity"), (3, 99, "place"), (-5, 1, "accused")])
    assert found == [
        Segment("甲", "accused"),
        Segment("乙", "unit"),
        Segment("丙丁", "severity"),
        Segment("戊", "place"),
    ]
    assert highlighted("", [(0, 1, "unit")]) == []
    assert highlighted(text, []) == [Segment(text, "")]
