import subprocess
import sys
from datetime import date

import pytest

from rules.fingerprint import Fingerprint, fingerprint
from rules.matter_index import Index

TEXTS = {
    "light": ("望月路口绿灯太短", "望月路早上排到文昌桥，绿灯十二秒。"),
    "dog": ("柳荫小区有人遛大狗不牵绳", "黑狗扑倒孩子，主人还骂人。"),
    "theft": ("书香里电动车被偷", "书香里一个月丢了四辆电动车，监控拍到骑三轮的人。"),
}


def prints():
    return [fingerprint(key, *text) for key, text in TEXTS.items()]


def test_finds_the_earlier_matter_by_rare_words():
    index = Index(prints())
    new = fingerprint("new", "书香里又丢电动车", "书香里电动车被偷了好几辆，监控里是个骑三轮的。")
    assert index.candidates(new)[0].id == "theft"
    assert index.matches(new)[0].id == "theft"


def test_a_matter_is_never_its_own_repeat():
    index = Index(prints())
    assert "dog" not in {item.id for item in index.matches(fingerprint("dog", *TEXTS["dog"]))}


def test_a_removed_matter_is_found_no_more():
    index = Index(prints())
    assert {"light", "dog", "theft"} == set(index)
    index.remove("theft")
    assert "theft" not in index
    assert index.frequency("书香里") == 0
    assert len(index) == 2
    assert all(item.id != "theft" for item in index.candidates(fingerprint("new", *TEXTS["theft"])))
    with pytest.raises(KeyError):
        index.remove("theft")


def test_a_number_that_is_a_word_too_is_one_key():
    twice = fingerprint("twice", "编号00019的路灯", "00019 号灯不亮")
    assert "00019" in twice.words
    assert "00019" in twice.numbers
    assert twice.keys.count("00019") == 1
    index = Index([twice])
    index.remove("twice")
    assert index.frequency("00019") == 0


def test_adding_again_replaces():
    index = Index(prints())
    before = index.rarity().of_word("文昌桥")
    index.add(fingerprint("light", *TEXTS["light"]))
    assert len(index) == 3
    assert index.rarity().of_word("文昌桥") == before
    index.add(fingerprint("light", "护照遗失", "护照补办"))
    assert index.matches(fingerprint("new", *TEXTS["light"])) == []


def test_a_word_gets_lighter_with_every_matter_that_has_it():
    index = Index()
    weights = []
    for number in range(5):
        weights.append(index.rarity().of_word("鹭鸣桥"))
        index.add(fingerprint(str(number), "鹭鸣桥", "鹭鸣桥上没有灯"))
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 5


def test_everyday_words_weigh_little_before_any_matter_is_in():
    index = Index()
    assert index.rarity().of_word("时间") < index.rarity().of_word("鹭鸣桥") / 1.5


def test_words_of_very_many_matters_are_not_looked_up(monkeypatch):
    monkeypatch.setattr("rules.matter_index.COMMON", 30)
    index = Index(fingerprint(str(number), f"噪音扰民{number}", "噪音扰民") for number in range(60))
    index.add(fingerprint("rare", "鹭鸣桥噪音扰民", "鹭鸣桥"))
    assert [item.id for item in index.candidates(fingerprint("new", "鹭鸣桥噪音扰民", "噪音"))] == ["rare"]


def test_weights_are_remembered_until_there_are_a_tenth_more():
    index = Index(fingerprint(str(number), f"噪音{number}", "噪音扰民") for number in range(100))
    before = index.rarity().of_word("鹭鸣桥")
    for number in range(9):
        index.add(fingerprint(f"new {number}", "鹭鸣桥", "鹭鸣桥上没有灯"))
    assert index.rarity().of_word("鹭鸣桥") == before
    for number in range(9):
        index.add(fingerprint(f"newer {number}", "鹭鸣桥", "鹭鸣桥上没有灯"))
    assert index.rarity().of_word("鹭鸣桥") < before


def test_a_fingerprint_is_the_same_after_it_was_kept():
    taken = fingerprint("7", *TEXTS["theft"], place="书香里三区", person="19900001234", day=date(2026, 3, 2))
    assert Fingerprint.of_bytes(taken.to_bytes()) == taken
    assert b"19900001234" not in taken.to_bytes()
    for broken in (b"", b"{}", b"[1]", b"null", b'["a"]'):
        with pytest.raises(ValueError, match="fingerprint"):
            Fingerprint.of_bytes(broken)


def test_fingerprints_are_the_same_in_every_process():
    script = (
        "from rules.fingerprint import fingerprint;"
        "print(fingerprint('a', '望月路口', '望月路早上排队到文昌桥绿灯只有十二秒请尽快调整配时')) "
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, env={"PYTHONHASHSEED": seed}, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1
