"""Forms as HTML: what a page shows, with and without JavaScript, and that everything typed is kept."""

import io
import json
from typing import Any

import pytest
from flask import render_template_string
from flask_wtf import FlaskForm
from lxml.html import HtmlElement

from tests.forms.building import NOW, Bureau
from tests.forms.site import PAGE, Site


@pytest.fixture
def site() -> Site:
    return Site()


def one(page: HtmlElement, path: str) -> HtmlElement:
    found = page.xpath(path)
    assert len(found) == 1, f"{path} found {len(found)} times"
    return found[0]


def live(page: HtmlElement) -> HtmlElement:
    """The page without the templates that only scripts use."""
    for template in page.xpath("//template"):
        template.getparent().remove(template)
    return page


def text(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_every_input_has_a_label_and_every_id_is_used_once(site: Site) -> None:
    for page in (site.first(), site.refused(amount="x", **{"contacts-0-whom": "张"})):
        ids = [str(value) for value in live(page).xpath("//@id")]
        assert len(ids) == len(set(ids))
        for element in page.xpath("//input[not(@type='hidden')] | //select | //textarea"):
            assert page.xpath(f"//label[@for='{element.get('id')}']"), element.get("name")
        for value in page.xpath("//@aria-describedby | //@aria-labelledby | //@list"):
            assert set(str(value).split()) <= set(ids), value
        for link in page.xpath("//*[@data-error-summary]//a/@href"):
            assert str(link)[1:] in ids, link


def test_nothing_is_inline_and_nothing_is_unescaped(site: Site) -> None:
    page = site.first()
    assert page.xpath("//script | //style | //@style | //b") == []
    assert [name for name in page.xpath("//@*") if str(name).startswith("javascript:")] == []
    assert {str(a) for e in page.iter() if isinstance(e.tag, str) for a in e.attrib if a.startswith("on")} == set()
    assert text(one(page, "//label[@for='f-reason']")) == "退回<理由> *"
    assert "请<b>如实</b>填写。" in text(one(page, "//div[contains(@class,'form-text-block')]"))


def test_choices_stand_in_a_fieldset_with_a_legend(site: Site) -> None:
    fieldset = one(site.first(), "//fieldset[@data-key='decision']")
    assert text(one(fieldset, "./legend")) == "审核意见 *"
    first, second = fieldset.xpath(".//input[@type='radio']")
    assert (first.get("id"), second.get("id")) == ("f-decision", "f-decision-2")
    assert first.get("aria-describedby") == "f-decision-hint"
    assert fieldset.xpath(".//label/text()") == ["同意", "退回 <b>"]


def test_inputs_are_native(site: Site) -> None:
    page = site.first()
    day, at = one(page, "//input[@name='day']"), one(page, "//input[@name='at']")
    assert (day.get("type"), day.get("max"), at.get("type")) == ("date", "2026-03-15", "datetime-local")
    amount = one(page, "//input[@name='amount']")
    assert (amount.get("type"), amount.get("inputmode")) == ("text", "decimal")
    assert [text(span) for span in amount.getparent().xpath("./span")] == ["约", "元"]
    assert one(page, "//input[@name='title']").get("readonly") is not None
    assert one(page, "//input[@name='title']").get("value") == "固定"
    assert one(page, "//input[@name='files']").get("accept") == ".pdf,.jpg"
    assert one(page, "//input[@name='files']").get("multiple") is not None
    assert "最多 3 个文件，每个不超过 20 MB" in text(one(page, "//*[@id='f-files-limit']"))
    assert one(page, "//input[@name='primary']").get("data-search") == "/matters"
    assert page.xpath("//select[@name='category']/option/@value") == ["", "noise", "queue"]
    assert text(one(page, "//*[@id='f-reason-limit']/span[@data-words]")) == "最多 20 字"


def test_questions_of_one_row_stand_beside_each_other(site: Site) -> None:
    row = one(site.first(), "//fieldset[contains(@class,'form-group')]/div[@class='row']")
    assert row.xpath("./div/@class") == ["col-md-6", "col-md"]


def test_officers_carry_their_unit(site: Site) -> None:
    select = one(site.first(), "//select[@name='officer']")
    assert select.get("data-narrowed-by") == "unit"
    assert select.xpath("./optgroup/@label") == ["城关派出所", "交警大队"]
    assert select.xpath(".//option/@data-unit") == ["11", "11", "12"]


def test_conditions_reach_the_browser(site: Site) -> None:
    reason = one(site.first(), "//div[@data-key='reason']")
    assert json.loads(reason.get("data-condition")) == ["!=", ["name", "decision"], ["value", "reject"]]
    assert reason.get("data-hidden") is not None
    shown = one(site.refused(decision="reject"), "//div[@data-key='reason']")
    assert shown.get("data-hidden") is None
    assert site.refused(decision="reject").xpath("//div[contains(@class,'form-text-block')]/@data-hidden") == [""]


def test_errors_are_on_top_and_at_the_input(site: Site) -> None:
    page = site.refused(decision="reject", reason="字" * 21, amount="很多")
    summary = one(page, "//*[@role='alert']")
    assert summary.get("tabindex") == "-1"
    assert text(one(summary, "./h2")) == "有 3 处需要修改"
    assert [(str(a.get("href")), text(a)) for a in summary.xpath(".//a")] == [
        ("#f-reason", "“退回<理由>”最多 20 字，现有 21 字"),
        ("#f-amount", "“金额”应填写数字，例如 12"),
        ("#f-contacts", "“联系记录”至少填写 1 条，现有 0 条"),
    ]
    reason = one(page, "//textarea[@name='reason']")
    assert reason.get("aria-invalid") == "true"
    assert reason.get("aria-describedby") == "f-reason-limit f-reason-error"
    assert text(one(page, "//*[@id='f-reason-error']")) == "错误：“退回<理由>”最多 20 字，现有 21 字"
    assert site.first().xpath("//*[@role='alert']") == []


def test_everything_typed_is_kept(site: Site) -> None:
    sent = {
        "decision": "reject",
        "reason": " 一\r\n二",
        "amount": "很多",
        "day": "2026-03-01",
        "at": "昨天下午",
        "category": "queue",
        "topics": ["approve", "reject"],
        "told": "true",
        "unit": "11",
        "officer": "22",
        "primary": "MY2026-77",
        "contacts-2-method": "visit",
        "contacts-2-whom": '李"四',
        "contacts-5-summary": "谈<了>",
    }
    page = live(site.refused(**sent))
    assert one(page, "//input[@name='decision'][@checked]").get("value") == "reject"
    assert one(page, "//textarea[@name='reason']").text_content().strip() == "一\n二"
    for name in ("amount", "day", "primary", "contacts-2-whom"):
        assert one(page, f"//input[@name='{name}']").get("value") == sent[name]
    at = one(page, "//input[@name='at']")
    assert (at.get("type"), at.get("value")) == ("text", "昨天下午")
    assert page.xpath("//input[@name='topics'][@checked]/@value") == ["approve", "reject"]
    assert page.xpath("//input[@name='told']/@checked") == [""] or page.xpath("//input[@name='told'][@checked]")
    for name, value in (("category", "queue"), ("unit", "11"), ("officer", "22"), ("contacts-2-method", "visit")):
        assert page.xpath(f"//select[@name='{name}']//option[@selected]/@value") == [value]
    assert one(page, "//textarea[@name='contacts-5-summary']").text_content().strip() == "谈<了>"


def test_a_complete_form_is_accepted(site: Site) -> None:
    contact = {"method": "phone", "at": "2026-03-01T10:00", "whom": "张", "summary": "谈了"}
    rows = {f"contacts-0-{key}": value for key, value in contact.items()}
    answer = site.send(decision="approve", files=(io.BytesIO(b"%PDF"), "a.pdf"), **rows)
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["files"] == [{"token": "token1", "filename": "a.pdf", "size": 4}]
    assert answer.json["contacts"] == [{**contact, "at": "2026-03-01T10:00:00+08:00"}]
    assert "reason" not in answer.json


def test_uploads_survive_a_mistake(site: Site) -> None:
    page = site.refused(files=(io.BytesIO(b"%PDF"), "报告.pdf"))
    assert one(page, "//input[@name='files-kept']").get("value") == "token1"
    assert "报告.pdf" in text(one(page, "//li[@data-kept]"))
    again = site.refused(**{"files-kept": "token1"})
    assert one(again, "//input[@name='files-kept']").get("value") == "token1"
    button = one(again, "//button[@name='file_remove']")
    taken = site.refused(**{"files-kept": "token1", "file_remove": button.get("value")})
    assert taken.xpath("//input[@name='files-kept']") == []


def test_rows_grow_and_shrink_without_javascript(site: Site) -> None:
    page = live(site.first())
    assert [text(title) for title in page.xpath("//*[@data-row-title]")] == ["第 1 条"]
    add = one(page, "//button[@name='row_add']")
    grown = live(site.refused(**{"contacts-0-whom": "张", "row_add": add.get("value"), "amount": "x"}))
    assert [text(title) for title in grown.xpath("//*[@data-row-title]")] == ["第 1 条", "第 2 条"]
    assert grown.xpath("//*[@role='alert']") == []
    assert one(grown, "//input[@name='amount']").get("value") == "x"
    remove = grown.xpath("//button[@name='row_remove']/@value")
    assert remove == ["contacts-0", "contacts-1"]
    shrunk = live(site.refused(**{"contacts-0-whom": "张", "contacts-1-whom": "李", "row_remove": remove[0]}))
    assert [e.get("value") for e in shrunk.xpath("//input[contains(@name,'whom')]")] == ["李"]


def test_enter_submits_and_adds_no_row(site: Site) -> None:
    first = site.first().xpath("//form//button")[0]
    assert (first.get("type"), first.get("name"), first.get("tabindex")) == ("submit", None, "-1")


def test_the_empty_row_for_scripts_is_inert(site: Site) -> None:
    page = site.first()
    template = one(page, "//template")
    assert template.xpath(".//input/@name") == ["contacts-__index__-at", "contacts-__index__-whom"]
    assert [name for name in live(page).xpath("//@name") if "__" in str(name)] == []


def test_the_form_is_protected_against_forgery() -> None:
    site = Site(csrf=True)
    token = one(site.first(), "//input[@name='csrf_token']").get("value")
    refused = site.refused(decision="approve")
    assert one(refused, "//*[@role='alert']").xpath(".//li[not(a)]")
    kept = site.refused(csrf_token=token, decision="reject", reason="")
    assert "请填写“退回<理由>”" in text(one(kept, "//*[@role='alert']"))
    assert not one(kept, "//*[@role='alert']").xpath(".//li[not(a)]")


def test_answers_of_any_older_shape_can_be_shown(site: Site) -> None:
    with site.client.application.test_request_context("/step"):
        shapes: tuple[Any, ...] = ("x", 3, [1], {"a": []}, None)
        for odd in shapes:
            data = {component.key: odd for component in site.compiled.fields}
            form: Any = site.compiled.form_class(FlaskForm)(choices=Bureau(), data=data, now=NOW)
            assert "<form" in render_template_string(PAGE, form=form, compiled=site.compiled)
