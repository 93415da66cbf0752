"""The Sentiment page without a browser: answers, what cannot be answered, many at once, own tables, the form."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import demos
from core.data.tables import columns
from core.data.tables.reader import read_table
from core.data.text import table
from core.demos.sentiment.config import RELEASES, SentimentConfig
from core.knobs import to_json
from core.release import ReleaseModel
from tests.support import tiny_encoder
from tests.support.paths import ROOT
from tests.support.session_records import form_of, kept
from ui.demos.sentiment import many
from ui.demos.sentiment.answer import leaning
from ui.demos.sentiment.examples import EXAMPLES
from ui.demos.sentiment.text_box import Typed
from ui.demos.sentiment.word_strip import parse_edit
from ui.runs import readers

PAGE = str(ROOT / "pages" / "sentiment.py")
OWN = "text,label\n" + "".join(f"text number {i},{'abc'[i % 3]}\n" for i in range(60))


def page(**query: str) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=150)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def typed(app: AppTest, text: str) -> AppTest:
    box = kept(app, Typed, "sentiment")
    box.text, box.version = text, box.version + 1
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.warning, *app.info, *app.error))


def test_nothing_is_predicted_from_nothing_and_a_text_is_answered_with_its_words() -> None:
    app = page()
    assert "nothing to read yet" in said(app)
    assert "What each word contributes" not in said(app)
    typed(app, "A wonderful, moving film.")
    assert "completeness error" in said(app)
    assert "Where it looks, not why" in said(app)
    typed(app, "It was a dull evening. We liked the food. " * 20)
    assert "What each sentence adds" in said(app)
    assert "of 40 sentences" in said(app)


@pytest.mark.parametrize(
    ("text", "part"),
    [("!? 12", "no words"), ("Это хороший фильм", "English only"), ("x " * 50_000, "100,000 characters")],
)
def test_what_cannot_be_read_is_said(text: str, part: str) -> None:
    app = typed(page(), text)
    assert part in said(app)
    assert "What each word contributes" not in said(app)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Der Film war leider sehr langweilig und viel zu lang.", "looks like German"),
        ("It began well. Then it got dull. The end was a joke.", "Sentence by sentence"),
    ],
)
def test_what_is_special_about_a_text_is_said_beside_its_answer(text: str, part: str) -> None:
    app = typed(page(), text)
    assert part in said(app)
    assert "What each word contributes" in said(app)


def test_an_example_goes_into_the_box() -> None:
    app = page()
    app.button(key="sentiment.example.Contrast").click().run()
    assert not app.exception
    assert kept(app, Typed, "sentiment").text == EXAMPLES["Contrast"]


@pytest.mark.parametrize("part", ["steps", "layers", "embeddings", "attack"])
def test_look_inside_shows_every_part(part: str) -> None:
    app = page(view="inside")
    app.segmented_control(key="sentiment.inside.part").set_value(part).run()
    typed(app, "A good film.")
    expected = {
        "steps": "softmax",
        "layers": "How narrowly",
        "embeddings": "What lies next to your words",
        "attack": "The fewest words to swap",
    }[part]
    assert expected in said(app)
    if part == "attack":
        app.button(key="sentiment.inside.search").click().run()
        assert not app.exception
        assert "answer" in said(app)


def test_pasted_lines_are_answered_with_the_share_of_each_class() -> None:
    app = page()
    app.segmented_control(key="sentiment.way").set_value("many").run()
    app.text_area(key="sentiment.many.lines").set_value("good\nbad\n\n!!!").run()
    app.button(key="sentiment.many.go").click().run()
    app.run()
    assert not app.exception
    assert "Of 3 texts:" in said(app)
    assert "not read" in said(app)


def test_shares_are_said_and_downloads_compute_nothing() -> None:
    sentence = many.shares_sentence(["positive", "negative", "positive", "unsure"], ("negative", "positive"))
    assert sentence.replace("\xa0", " ") == "Of 4 texts: **50.0 % positive, 25.0 % negative, 25.0 % unsure**."
    written = many.written([{"text": "=1+1", "answer": "unsure", "share": 0.5}]).decode("utf-8-sig")
    assert written.splitlines() == ["text,answer,share", "'=1+1,unsure,0.5"]


def test_the_column_of_texts_is_guessed_by_its_length() -> None:
    found = read_table(b"id,words,label\n1,a long text here,x\n2,another,y\n", name="a.csv")
    assert columns.likely_text(found) == 1


@pytest.mark.parametrize(
    "value", [None, 3, {"index": 0}, {"index": 9, "by": "", "text": "t"}, {"index": 0, "by": "x" * 61, "text": "t"}]
)
def test_an_edit_that_fits_no_word_is_ignored(value: object) -> None:
    assert parse_edit(value, text="t", count=2) is None


def test_an_edit_of_this_text_is_taken() -> None:
    assert parse_edit({"index": 1, "by": "good", "text": "t"}, text="t", count=2) == (1, "good")


@pytest.mark.parametrize("preset", demos.task("sentiment").presets, ids=lambda preset: preset.name)
def test_a_preset_fills_the_form(preset: object) -> None:
    app = page(view="train")
    app.selectbox[0].set_value(preset.name).run()  # type: ignore[attr-defined]
    assert not app.exception
    assert to_json(form_of(app, "sentiment")) == to_json(SentimentConfig(**preset.values))  # type: ignore[attr-defined]


def test_a_run_that_would_be_measured_on_what_it_knows_cannot_start() -> None:
    app = page(view="train", start="release")
    assert "learned from most of these" in said(app)
    assert app.button(key="sentiment.start").disabled


def test_missing_sst2_says_where_it_belongs() -> None:
    app = page(view="train", data="sst2")
    assert "not on this machine" in said(app)
    assert app.button(key="sentiment.start").disabled


def test_a_table_of_ones_own_is_imported_and_can_be_trained_on() -> None:
    app = page(view="train", data="own")
    assert app.button(key="sentiment.start").disabled
    app.file_uploader(key="sentiment.own.file").upload("mine.csv", OWN.encode(), "text/csv").run()
    assert not app.exception
    assert "60 good rows: a (20), b (20), c (20)." in said(app)
    next(button for button in app.button if button.label == "Use this table").click().run()
    assert not app.exception
    assert not app.button(key="sentiment.start").disabled
    assert app.query_params["table"]


def test_a_table_that_has_changed_on_the_disk_is_said_once_and_not_trained_on(glassbox_home: Path) -> None:
    own = table.OWN.keep(table.labelled(read_table(OWN.encode(), name="mine.csv"), text="text", label="label").labelled)
    (file,) = (glassbox_home / "texts").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    app = page(view="train", data="own", table=own)
    assert [message.value.count("has changed on the disk") for message in [*app.warning, *app.error]] == [1]
    assert app.button(key="sentiment.start").disabled


def test_a_bad_table_is_said_with_what_is_wrong() -> None:
    app = page(view="train", data="own")
    app.file_uploader(key="sentiment.own.file").upload("mine.csv", b"text,label\n\xe4,a\n", "text/csv").run()
    assert "UTF-8" in said(app)


def test_the_fine_tuned_model_is_offered_first_and_the_small_one_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_encoder.put_in_place(monkeypatch)
    tiny_encoder.write_release(tmp_path / "encoder")
    monkeypatch.setitem(RELEASES, "encoder", ReleaseModel(tmp_path / "encoder", label="fine-tuned MiniLM"))
    readers.release.clear()
    app = page()
    picker = next(one for one in app.selectbox if one.label == "Model")
    assert picker.value == "encoder"
    assert [option.partition(" · ")[0] for option in picker.options[:2]] == [
        "Release model, fine-tuned MiniLM",
        "Release model, small",
    ]
    typed(app, "a good film")
    app.selectbox(key="sentiment.other.encoder").set_value("small").run()
    assert not app.exception
    assert said(app).count("completeness error") == 2
    readers.release.clear()


def test_without_the_encoder_the_small_model_answers_and_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RELEASES, "encoder", ReleaseModel(tmp_path / "nothing", label="fine-tuned MiniLM"))
    readers.release.clear()
    app = typed(page(), "A wonderful film.")
    assert "cannot answer here" in said(app)
    assert next(one for one in app.selectbox if one.label == "Model").value == "small"
    assert "completeness error" in said(app)
    readers.release.clear()


@pytest.mark.parametrize(
    ("probability", "num_classes", "said"),
    [(0.52, 2, "leaning neither way"), (0.7, 2, "leaning to positive"), (0.4, 3, "leaning to positive")],
)
def test_an_answer_that_is_not_sure_says_which_way_it_leans(probability: float, num_classes: int, said: str) -> None:
    assert leaning("positive", probability, num_classes) == said
