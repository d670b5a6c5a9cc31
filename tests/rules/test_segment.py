import subprocess
import sys

from rules import segment


def test_the_bureaus_words_stay_whole():
    assert "无犯罪记录证明" in segment.cut("请问无犯罪记录证明怎么开")
    segment.load(["云溪新苑二期"])
    assert "云溪新苑二期" in segment.cut("我住在云溪新苑二期三栋")


def test_a_word_taught_later_changes_what_was_cut_before():
    before = segment.cut("鹅毛坪口的路")
    segment.load(["鹅毛坪口"])
    assert "鹅毛坪口" not in before
    assert "鹅毛坪口" in segment.cut("鹅毛坪口的路")


def test_names_are_rare_and_everyday_words_are_not():
    assert segment.share_of_texts("我们") > 0.2
    assert segment.share_of_texts("鳄鱼沙霸老") == 0


def test_a_name_that_was_taught_is_no_more_frequent_for_it():
    before = segment.share_of_texts("月牙塘路口"), segment.share_of_texts("我们")
    segment.load(names=["月牙塘路口", *(f"第{number}号岗亭" for number in range(2000))])
    assert (segment.share_of_texts("月牙塘路口"), segment.share_of_texts("我们")) == before


def test_a_keyword_that_was_taught_is_a_word_people_often_write():
    segment.load(["噪音扰邻"])
    assert 0.01 < segment.share_of_texts("噪音扰邻") < 0.2


def test_a_cache_that_others_could_have_planted_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    private = segment._private_folder()
    assert private == segment._private_folder()
    assert private.stat().st_mode & 0o077 == 0
    private.chmod(0o777)
    assert segment._private_folder() != private


def test_loading_is_silent_even_when_warnings_are_errors():
    script = "from rules import segment; segment.load(['某词']); segment.cut('交警大队')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-B", "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
