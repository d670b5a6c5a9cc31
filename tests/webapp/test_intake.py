import io

import pytest

from tests.webapp.conftest import STATION, TRAFFIC, Site

LETTER = {
    "channel": "letters",
    "title": "夜间噪声",
    "body": "楼下麻将馆每天半夜还在打牌，请派出所管一管。",
    "place": "城东街道",
}


def new(site: Site, **given: object) -> tuple[int, str, str]:
    browser = site.client("receiver")
    answer = browser.post("/intake/new", LETTER | given, content_type="multipart/form-data")
    return answer.status_code, answer.text, answer.headers.get("Location", "")


def test_a_letter_is_registered_and_goes_to_the_unit_that_was_named(site: Site) -> None:
    status, _, location = new(site, unit=site.bureau.units[STATION], kind="request", name="王小明", phone="13800138000")
    assert status == 302
    matter = site.rows("select number, handling_unit_id, title, registered_by from matter")[0]
    assert location == f"/matters/{matter.number}"
    assert matter.handling_unit_id == site.bureau.units[STATION]
    assert matter.registered_by == str(site.bureau.officers["receiver"])
    page = site.client("liaison").get(location).text
    assert "当前任务：签收" in page
    assert "王小明" not in page  # masked
    assert "138****8000" in page


def test_what_is_wrong_is_told_at_its_field_with_everything_kept(site: Site) -> None:
    status, page, _ = new(site, identity_number="110101199003070012", name="王小明", unit=site.bureau.units["民意办"])
    assert status == 422
    assert "这个单位没有专管员" in page
    status, page, _ = new(site, identity_number="110101199003070012", name="王小明")
    assert status == 422
    assert "校验码不对" in page
    assert 'value="王小明"' in page
    assert not site.rows("select 1 from matter")


def test_the_same_letter_number_twice_is_refused_and_names_the_first(site: Site) -> None:
    assert new(site, channel_number="L-7")[0] == 302
    status, page, _ = new(site, channel_number="L-7")
    assert status == 422
    assert "MY2026-000001" in page


def test_marks_of_secrecy_keep_everything_out(site: Site) -> None:
    status, page, _ = new(site, body="机密★10年\n关于某某行动的安排，请办理。")
    assert status == 422
    assert "疑似涉密" in page
    assert not site.rows("select 1 from matter")
    status, page, _ = new(site, files=(io.BytesIO("秘密★5年 材料".encode()), "附件.txt"))
    assert status == 422
    assert "疑似涉密" in page
    kept = site.platform.settings.attachments
    assert not list(kept.rglob("*")) if kept.exists() else True


def test_an_attachment_survives_a_mistake_elsewhere_and_is_kept_with_the_matter(site: Site) -> None:
    file = (io.BytesIO("现场情况说明：每晚零点以后仍在营业。".encode()), "说明.txt")
    status, page, _ = new(site, body="", files=file)
    assert status == 422
    assert "说明.txt" in page
    token = page.partition('name="files-kept" value="')[2].partition('"')[0]
    assert token
    browser = site.client("receiver")
    answer = browser.post("/intake/new", LETTER | {"files-kept": token}, content_type="multipart/form-data")
    assert answer.status_code == 302
    row = site.rows("select id, filename, hash from attachment")[0]
    assert row.filename == "说明.txt"
    with browser.get(f"/matters/attachments/{row.id}") as got:
        assert got.data.decode() == "现场情况说明：每晚零点以后仍在营业。"
        assert got.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in got.headers["Content-Security-Policy"]
    assert site.client("traffic_handler").get(f"/matters/attachments/{row.id}").status_code == 404


def test_a_token_of_another_officers_upload_is_worth_nothing(site: Site) -> None:
    _, page, _ = new(site, body="", files=(io.BytesIO(b"some plain words"), "a.txt"))
    token = page.partition('name="files-kept" value="')[2].partition('"')[0]
    site.execute("update holding set officer_id = :o where role = 'receiver'", o=site.bureau.officers["handler2"])
    answer = site.client("handler2").post("/intake/new", LETTER | {"body": "", "files-kept": token})
    assert answer.status_code == 422
    assert "a.txt" not in answer.text


@pytest.mark.parametrize("accused", ["unit", "officer"])
def test_the_accused_never_see_the_matter(site: Site, accused: str) -> None:
    who = site.bureau.units[TRAFFIC] if accused == "unit" else site.bureau.officers["traffic_handler"]
    status, _, location = new(
        site,
        body="交警大队民警态度恶劣，乱罚款，请督察调查处理。",
        title="民警态度",
        **{f"accused-0-{accused}": who},
        unit=site.bureau.units[STATION],
        kind="complaint",
    )
    assert status == 302
    assert site.rows("select 1 from matter_accused")
    assert site.client("inspector").get(location).status_code == 200
    number = location.rpartition("/")[2]
    for login in ("traffic_handler", "traffic_liaison") if accused == "unit" else ("traffic_handler",):
        site.execute(
            "insert into holding (officer_id, role) values (:o, 'visitor') on conflict do nothing",
            o=site.bureau.officers[login],
        )  # a role that may see every matter, were it not for the accusation
        browser = site.client(login)
        assert browser.get(location).status_code == 404
        assert number not in browser.get("/matters").text


def test_a_number_taken_by_a_matter_that_accuses_the_receiver_is_not_told(site: Site) -> None:
    receiver = site.bureau.officers["receiver"]
    said = "窗口民警态度恶劣，请督察调查处理。"
    secret = site.register(said, channel_number="L-9", accused_officers=(receiver,)).number
    for body in (said, "别的内容，别的事情。"):
        status, page, _ = new(site, channel_number="L-9", body=body)
        assert status == 422
        assert "该渠道的这条记录已经登记。" in page
        assert secret not in page
        assert "内容不同" not in page, "nor is it a way to guess what it says"


def test_a_letter_that_repeats_a_matter_which_accuses_the_receiver_does_not_name_it(site: Site) -> None:
    open_one = site.register(LETTER["body"], title=LETTER["title"]).number
    assert f"并关联到 {open_one}" in after_registering(site)
    site.execute(
        "insert into matter_accused (matter_id, officer_id) select id, :o from matter where number = :n",
        o=site.bureau.officers["receiver"],
        n=open_one,
    )
    page = after_registering(site)
    assert "并关联到以前的诉求" in page
    assert open_one not in page


def after_registering(site: Site) -> str:
    """Register the letter once more; return the page that comes then."""
    browser = site.client("receiver")
    answer = browser.post("/intake/new", LETTER, content_type="multipart/form-data")
    assert answer.status_code == 302
    return browser.get(answer.headers["Location"]).text
