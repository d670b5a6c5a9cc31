"""The bureau's own secret words: kept as hashes, by the security administrator alone, and matched at every door."""

import re

import pytest

from engine.casework import secret_words
from engine.casework.permissions import grants
from tests.webapp.conftest import Site
from tests.webapp.test_secret_door import kept

WORDS = "青松三号行动\n红隼计划\n"


def add(site: Site, words: str = WORDS) -> None:
    answer = site.client("security_admin").post("/secret-words", {"words": words})
    assert answer.status_code == 302, answer.text


def test_a_word_is_added_matched_everywhere_and_nowhere_to_be_seen(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    add(site)
    browser = site.client("security_admin")
    page = browser.get("/secret-words").text
    assert "共 2 个" in page
    assert page.count("号</th>") >= 2
    # The word itself is in no page, no table and no log.
    for word in WORDS.split():
        assert word not in page
        assert kept(site, word) == []
        assert word not in caplog.text
    number = site.register().number
    other = site.client("instructor")
    refused = other.post(
        f"/matters/{number}/clock/extend", {"reason": "青 松\u200b三號行动需要", "amount": "3", "unit": "日"}
    )
    assert refused.status_code == 422
    intake = site.client("receiver").post(
        "/intake/new", {"channel": "letters", "body": "我参加了红-隼-计-划", "title": "x"}
    )
    assert intake.status_code == 422
    assert site.client("receiver").get("/matters?q=红隼计划").status_code == 422
    assert {kind for row in site.rows("select kinds from secret_attempt") for kind in row.kinds} == {"word"}
    assert [row.event for row in site.rows("select event from secret_word_event")] == ["added", "added"]


def test_numbers_follow_the_order_and_the_same_word_is_not_added_twice(site: Site) -> None:
    add(site)
    browser = site.client("security_admin")
    answer = browser.post("/secret-words", {"words": "白鹭五号\n青松 三號行动\n"}, follow_redirects=True)
    assert "已添加 1 个" in answer.text
    assert "1 个已经在词表里" in answer.text
    assert len(site.rows("select 1 from secret_word")) == 3


def test_a_line_that_is_no_word_is_named_by_its_number_and_what_was_typed_stays(site: Site) -> None:
    answer = site.client("security_admin").post("/secret-words", {"words": "白鹭五号\n。\n密\n"})
    assert answer.status_code == 422
    assert "第 2、3 行" in answer.text
    assert ">白鹭五号\n。\n密\n</textarea>" in answer.text
    assert site.rows("select 1 from secret_word") == []
    assert site.rows("select 1 from secret_attempt") == []  # adding to the list is no attempt
    assert site.client("security_admin").post("/secret-words", {"words": " \n"}).status_code == 422


def test_a_word_that_is_removed_is_no_longer_found_and_the_change_is_on_record(site: Site) -> None:
    add(site)
    browser = site.client("security_admin")
    numbers = [row.id for row in site.rows("select id from secret_word order by id")]
    assert browser.post(f"/secret-words/{numbers[1]}/remove").status_code == 302
    assert "红隼" not in browser.get("/secret-words").text
    assert site.client("receiver").get("/matters?q=红隼计划").status_code == 200
    assert site.client("receiver").get("/matters?q=青松三号行动").status_code == 422
    events = [(row.word_id, row.event) for row in site.rows("select word_id, event from secret_word_event order by id")]
    assert events == [(numbers[0], "added"), (numbers[1], "added"), (numbers[1], "removed")]
    assert browser.post(f"/secret-words/{numbers[1]}/remove").status_code == 404


def test_a_text_is_tried_without_a_trace(site: Site) -> None:
    add(site)
    browser = site.client("security_admin")
    for text, answered in (
        ("参与红隼计划的人", "含有本局涉密词表中的词"),
        ("密级：机密", "写明了密级"),
        ("路灯不亮", "不会被拦下"),
    ):
        page = browser.post("/secret-words/try", {"text": text}).text
        assert answered in page
    assert site.rows("select 1 from secret_attempt") == []
    assert kept(site, "路灯不亮") == []
    assert browser.post("/secret-words/try", {"text": "长" * 20_001}).status_code == 422


@pytest.mark.parametrize("secret", ["", "another secret for the words, long enough as it is"])
def test_without_its_secret_the_list_says_that_it_does_nothing(site: Site, secret: str) -> None:
    add(site)
    secret_words.use_secret(secret)
    browser = site.client("security_admin")
    page = browser.get("/secret-words").text
    assert "词表没有起作用" in page
    assert "SCREENING_SECRET" in page
    assert site.client("receiver").get("/matters?q=红隼计划").status_code == 200
    assert site.client("receiver").get("/matters?q=密级：机密").status_code == 422  # marks are known without a list
    assert browser.post("/secret-words", {"words": "白鹭五号"}).status_code == 422
    # With its own again it works again; lost for good it is emptied, which is on record.
    secret_words.use_secret(site.platform.settings.screening_secret)
    assert site.client("receiver").get("/matters?q=红隼计划").status_code == 422
    assert "请逐个移除" in browser.post("/secret-words/discard", follow_redirects=True).text
    secret_words.use_secret("another secret for the words, long enough as it is")
    assert "已清空词表，原有 2 个" in browser.post("/secret-words/discard", follow_redirects=True).text
    assert [row.event for row in site.rows("select event from secret_word_event order by id")][2:] == ["discarded"] * 2
    add(site)
    assert site.client("receiver").get("/matters?q=红隼计划").status_code == 422


def test_what_the_database_holds_is_of_no_use_without_the_secret(site: Site) -> None:
    add(site)
    with site.platform.engine.connect() as connection:
        (row, *_rest) = site.rows("select length, tag, digest from secret_word order by id")
        salt = site.rows("select salt from secret_word_list")[0].salt
        assert len(salt) == 16
        secret_words.use_secret("a guess of whoever has a copy of the database only")
        assert not secret_words.look(connection).fits
        assert len(secret_words.held().words) == 0
    assert row.length == 6
    assert len(row.digest) == 16


def test_nobody_else_may(site: Site) -> None:
    for login in ("system_admin", "inspector", "receiver"):
        browser = site.client(login)
        assert browser.get("/secret-words").status_code == 404
        assert browser.post("/secret-words", {"words": "白鹭五号"}).status_code == 404
    with site.platform.engine.begin() as connection:
        officer = site.bureau.officers["inspector"]

        class Inspector:
            id = officer
            grants = grants(connection, officer)

        with pytest.raises(secret_words.NotPermitted):
            secret_words.add(connection, Inspector(), "白鹭五号")


def test_another_process_follows_the_list_at_its_next_request(site: Site) -> None:
    add(site)
    with site.platform.engine.connect() as connection:
        secret_words.use_secret(site.platform.settings.screening_secret)  # as a process that has not read it yet
        assert len(secret_words.held().words) == 0
        assert len(secret_words.look(connection).words) == 2
        held = secret_words.held()
        assert secret_words.look(connection) is held  # not read again
    assert re.fullmatch(r"[0-9a-f-]{36}", held.revision or "")
