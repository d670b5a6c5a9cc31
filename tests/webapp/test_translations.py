import re
from datetime import timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask_babel import force_locale

from engine.casework.commands import fire_all
from engine.casework.petitioners import PetitionerFacts
from tests.conftest import Clock
from tests.webapp.conftest import STATION, Browser, Site
from webapp.extraction import ENGLISH, template, untranslated
from webapp.front_end import compile_catalogues
from webapp.i18n import LANGUAGES
from webapp.sentences import say

CHINESE = re.compile(r"[\u3400-\u9fff]")
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
# Forms of limits are written in Chinese in any language: that is what the tables understand.
WRITTEN_SO = re.compile(r"\d*(?:工作日|日|工作小时|小时|个月|周|转| 休 春节| 班)")


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    compile_catalogues()


def test_every_text_is_translated_and_nothing_is_stale() -> None:
    assert untranslated(ENGLISH) == []


def test_a_new_text_is_missed(tmp_path: Path) -> None:
    shortened = tmp_path / "messages.po"
    text = ENGLISH.read_text(encoding="utf-8")
    assert 'msgid "我的待办"' in text
    shortened.write_text(text.replace('msgid "我的待办"', 'msgid "我的旧待办"'), encoding="utf-8")
    assert set(untranslated(shortened)) == {"我的待办", "我的旧待办"}


def test_translations_keep_their_places_and_hold_no_chinese() -> None:
    with ENGLISH.open("rb") as opened:
        catalogue = read_po(opened)
    for message in catalogue:
        if not message.id:
            continue
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        asked = message.id if isinstance(message.id, list | tuple) else (message.id,)
        for one in said:
            assert set(PLACES.findall(one)) == set(PLACES.findall(asked[0])), message.id
            assert not CHINESE.search(WRITTEN_SO.sub("", one)) or one == "中文", one


def test_the_catalogue_finds_what_process_owners_and_the_engine_say() -> None:
    texts = {str(message.id) for message in template() if message.id}
    assert "比对研判" in texts  # a label of the diagram
    assert "承办民警" in texts  # a label of a form, and a role
    assert "第%(1)s个工作日：%(2)s24:00 到期" in texts  # the arithmetic of deadlines


@pytest.mark.parametrize(
    ("sentence", "english"),
    [
        ("请选择承办单位。", "Choose the unit that will handle it."),
        ("密码至少 10 个字符。", "The password needs at least 10 characters."),
        ("11月23日（周一）收到，次日起算", "Received 11-23 (Mon); counting starts the next day"),
        ("第2个工作日：11月25日（周三）24:00 到期", "Working day 2: due 11-25 (Wed) 24:00"),
        ("跳过 11月28日—11月29日 周末", "Skipped 11-28—11-29 (weekend)"),
        ("还剩2个工作日又3小时", "2 working days and 3 h left"),
        ("不计周末：11月28日至11月29日", "not counted, weekend: 11-28 to 11-29"),
        ("现在11月3日（周二） 09:00，到期11月6日（周五） 24:00", "now 11-3 (Tue) 09:00, due 11-6 (Fri) 24:00"),
        ("办公时间内已超4个工作小时5分钟", "within office hours: late by 4 working hours 5 min"),
        ("没有人说过的话", "没有人说过的话"),
        ("", ""),
    ],
)
def test_sentences_of_the_engine_are_said_in_english(site: Site, sentence: str, english: str) -> None:
    with site.app.test_request_context("/", headers={"Cookie": "minyi_language=en"}), force_locale("en"):
        assert say(sentence) == english


def test_sentences_stay_as_they_are_in_chinese(site: Site) -> None:
    with site.app.test_request_context("/"):
        assert say("第2个工作日：11月25日（周三）24:00 到期") == "第2个工作日：11月25日（周三）24:00 到期"


def visible(page: str) -> str:
    """What somebody reads on a page, without the data the bureau itself entered."""
    body = page.partition("<body")[2]
    body = re.sub(r"(?s)<script.*?</script>|<template.*?</template>", " ", body)
    attributes = re.findall(r'(?:aria-label|title|placeholder|data-label|data-text-\w+)="([^"]*)"', body)
    return re.sub(r"<[^>]*>", " ", body) + " ".join(attributes)


ENTERED = (
    "信件编号",
    "噪声扰民",
    "治安管理",
    "民意办",
    "城东派出所",
    "交警大队",
    "督察大队",
    "县公安局",
    "市长信箱",
    "来信来访",
    "城东",
    "警员",
    "警",
    "麻将馆",
    "噪声",
)


def english(site: Site, login: str) -> Browser:
    site.execute("update officer set locale = 'en' where login = :login", login=login)
    return site.client(login)


@pytest.mark.parametrize(
    ("login", "pages"),
    [
        (
            "liaison",
            [
                "/matters/MY2026-000001",
                "/tasks",
                "/tasks?tab=done",
                "/account",
                "/notices",
                "/bureau/units",
                "/bureau/channels",
            ],
        ),
        ("receiver", ["/intake/new", "/imports", "/matters", "/reconciliation", "/reconciliation/letters"]),
        ("inspector", ["/reconciliation", "/reconciliation/letters/2026-11-03", "/bureau/roles"]),
        ("inspector", ["/board", "/oversight/fires", "/oversight/audit?check=1"]),
        ("process_owner", ["/processes", "/processes/1", "/processes/new", "/no/such/page"]),
    ],
)
def test_english_pages_are_english(site: Site, login: str, pages: list[str]) -> None:
    site.register(
        body="Noise every night.",
        title="Noise",
        place=None,
        petitioner=PetitionerFacts(name="Smith"),
        handling_unit_id=site.bureau.units[STATION],
        kind="request",
    )
    Clock(site.platform.engine).move(timedelta(days=10))
    fire_all(site.platform.runtime, worker="test")
    browser = english(site, login)
    for page in pages:
        text = visible(browser.get(page).text)
        for word in (*ENTERED, *LANGUAGES.values(), "第一版"):
            text = text.replace(word, "")
        text = WRITTEN_SO.sub("", text)
        text = re.sub(r"Basis: .*", "", text)  # written in a decision table, by a process owner
        left = CHINESE.search(text)
        assert left is None, f"{page}: …{text[max(0, left.start() - 60) : left.start() + 60].strip()}…"
