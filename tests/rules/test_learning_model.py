import hashlib
import json
import pickle

import numpy as np
import pytest

from rules.learning_bytes import MARK, ForeignModel, from_bytes, to_bytes, version
from rules.learning_features import BODY_CHARACTERS, Text, features, places
from rules.learning_training import Corpus, Example, TooFewExamples, divided, train
from tests.rules.learning import messages

EXAMPLES = [Example(text, label, number // 2) for number, (text, label) in enumerate(messages(160))]
NEW = messages(80, seed=2)


@pytest.fixture(scope="module")
def model():
    return train(EXAMPLES, seed=3)


def said(model, text):
    chances = model.read(text).probabilities()
    return max(chances, key=chances.get)


def test_it_tells_new_messages_apart(model):
    assert sum(said(model, text) == label for text, label in NEW) / len(NEW) > 0.95


def test_probabilities_add_up_and_are_calibrated_on_unseen_messages(model):
    chances = [model.read(text).probabilities() for text, _ in NEW]
    assert all(abs(sum(one.values()) - 1) < 1e-9 for one in chances)
    sure = np.mean([max(one.values()) for one in chances])
    right = np.mean([max(one, key=one.get) == label for one, (_, label) in zip(chances, NEW, strict=True)])
    assert abs(sure - right) < 0.1


def test_what_says_nothing_about_a_label_is_not_sure_of_any(model):
    reading = model.read(Text("qqqq", "1234"))
    assert not reading.knows
    assert max(reading.probabilities().values()) < 0.6


def test_the_explanation_points_at_the_words_in_the_text_as_written(model):
    text = Text("反映望江路ＡＢ红绿灯不亮的问题", "")
    found = model.read(text).explain("traffic", "household")
    assert found
    assert all(item.weight > 0 for item in found)
    for item in found:
        for field, start, end in item.places:
            assert (field, text.title[start:end]) == ("title", item.feature[1:])
    assert any("红绿灯" in item.feature for item in found)


def test_contributions_add_up_to_the_difference_of_the_scores(model):
    reading = model.read(NEW[0][0])
    scores = dict(zip(model.labels, reading.scores() - model.bias, strict=True))
    for_it = reading.explain("traffic", "order", most=10_000)
    against = reading.explain("order", "traffic", most=10_000)
    told = sum(item.weight for item in for_it) - sum(item.weight for item in against)
    assert told == pytest.approx((scores["traffic"] - scores["order"]) * model.sharpness, abs=1e-4)


def test_one_message_is_scored_as_in_the_corpus():
    corpus = Corpus(EXAMPLES)
    rows = np.arange(100)
    trained = corpus.train(rows)
    together = corpus.scores(trained, np.arange(100, 160), trained.labels)
    alone = np.array([trained.read(example.text).scores() for example in EXAMPLES[100:]])
    assert np.allclose(together, alone, atol=1e-5)


def test_a_model_of_other_texts_is_scored_on_a_corpus_as_on_the_texts_themselves(model):
    corpus = Corpus([Example(text, label) for text, label in messages(24, seed=7)])
    together = corpus.scores(model, np.arange(24), model.labels)
    alone = np.array([model.read(example.text).scores() for example in corpus.examples])
    assert np.allclose(together, alone, atol=1e-5)


def test_the_same_seed_gives_the_same_bytes(model):
    assert to_bytes(train(EXAMPLES, seed=3)) == to_bytes(model)


def test_a_stored_model_answers_exactly_as_before(model):
    content = to_bytes(model)
    loaded = from_bytes(content)
    assert to_bytes(loaded) == content
    assert len(version(content)) == 12
    for text, _ in NEW[:20]:
        assert loaded.read(text).probabilities() == model.read(text).probabilities()
        assert loaded.read(text).explain("traffic", "order") == model.read(text).explain("traffic", "order")


@pytest.mark.parametrize("content", [b"", b"x" * 400, MARK, pickle.dumps({"labels": ["a"]}), MARK + b"\xff" * 80])
def test_foreign_bytes_are_refused(content):
    with pytest.raises(ForeignModel):
        from_bytes(content)


def test_a_changed_or_cut_model_is_refused(model):
    content = to_bytes(model)
    for at in range(0, len(content), len(content) // 40):
        with pytest.raises(ForeignModel):
            from_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(ForeignModel):
            from_bytes(content[:at])


def forged(**changes):
    head = {"labels": ["a", "b"], "terms": ["wx"], "sharpness": 1.0, "facts": {}} | changes
    said = json.dumps(head).encode()
    numbers = np.array(changes.get("numbers", [1, 1, 1, 0, 0]), dtype="<f4").tobytes()
    content = MARK + len(said).to_bytes(8, "big") + said + numbers
    return content + hashlib.sha256(content).digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": ["a", "a"]},
        {"labels": ["a", 3]},
        {"labels": "ab"},
        {"terms": []},
        {"terms": ["wx", "wy"]},
        {"sharpness": 0},
        {"sharpness": "much"},
        {"facts": None},
        {"numbers": [1, 1, float("nan"), 0, 0]},
        {"numbers": [1, 1, 1, 0, 0, 0]},
    ],
)
def test_bytes_that_contradict_themselves_are_refused_though_their_checksum_fits(changes):
    assert from_bytes(forged()).labels == ("a", "b")
    with pytest.raises(ForeignModel):
        from_bytes(forged(**changes))


def test_two_labels_are_enough_and_one_is_not():
    two = [example for example in EXAMPLES if example.label in ("traffic", "outside")]
    assert said(train(two), Text("望江路红绿灯不亮", "")) == "traffic"
    assert said(train(two), Text("北苑物业费乱收", "")) == "outside"
    with pytest.raises(TooFewExamples):
        train([example for example in EXAMPLES if example.label == "traffic"])


def test_folds_never_divide_a_group():
    groups = [number // 3 for number in range(60)]
    folds = divided(groups, 5, 1)
    assert sum(fold.sum() for fold in folds) == 60
    for fold in folds:
        held = {group for group, is_held in zip(groups, fold, strict=True) if is_held}
        rest = {group for group, is_held in zip(groups, fold, strict=True) if not is_held}
        assert not held & rest


def test_out_of_fold_answers_come_from_models_that_did_not_see_the_group():
    # Nothing in the text tells the label: only a model that saw others of the same four could know it.
    fours = [Example(Text(f"事项{chr(0x4E00 + n // 4 * 7)}号"), "ab"[n // 4 * 5 % 7 % 2], n // 4) for n in range(160)]
    rows = np.arange(160)
    truth = np.array([example.label == "b" for example in fours])
    apart = Corpus(fours).out_of_fold(rows, ["a", "b"]).argmax(axis=1)
    alone = Corpus([Example(item.text, item.label) for item in fours]).out_of_fold(rows, ["a", "b"]).argmax(axis=1)
    assert (alone == truth).mean() > 0.95
    assert (apart == truth).mean() < 0.75


def test_given_words_are_taken_instead_of_cutting():
    assert "w红绿灯不" in features(places(Text("", "红绿灯不亮", ("红绿灯不", "亮了"))))
    assert "w红绿灯" in features(places(Text("红绿灯不亮", "")))


def test_a_long_story_is_read_to_its_limit_only():
    found = places(Text("", "甲" * BODY_CHARACTERS + "赌场"))
    assert not any("赌" in feature for feature in found)
