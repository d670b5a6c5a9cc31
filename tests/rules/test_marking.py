import pytest

from rules.marking import LEAST_COPIED, copied, pieces

STORY = "桥东头堆了一大堆渣土，下雨就流到路面，电动车容易滑倒"


def test_the_pieces_together_are_the_text_and_the_words_are_marked():
    text = "鹭鸣桥头有渣土，ＫＴＶ对面的鹭鸣桥。"
    found = pieces(text, ["鹭鸣桥", "ktv"], [])
    assert "".join(piece.text for piece in found) == text
    assert [piece.text for piece in found if piece.shared] == ["鹭鸣桥", "ＫＴＶ", "鹭鸣桥"]
    assert not any(piece.copied for piece in found)


def test_copied_passages_are_found_on_both_sides_and_short_ones_are_not():
    one, other = f"您好。{STORY}。谢谢！", f"转发邻居的话：{STORY}！"
    mine, theirs = copied(one, other)
    assert [one[start:end] for start, end in mine] == [other[start:end] for start, end in theirs] == [STORY]
    found = pieces(one, ["渣土"], mine)
    assert "".join(piece.text for piece in found if piece.copied) == STORY
    assert [(piece.text, piece.copied) for piece in found if piece.shared] == [("渣土", True)]
    assert copied("请尽快处理", "希望尽快处理") == ([], [])
    assert len(STORY) > LEAST_COPIED


@pytest.mark.parametrize("text", ["", "桥", "<b>桥</b>"])
def test_odd_texts_come_out_as_they_went_in(text):
    assert "".join(piece.text for piece in pieces(text, ["桥"], [(0, len(text))])) == text
