"""The Digits page without a browser: form, address, answers, the view of a run."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import demos
from core.data.pictures import pen_strokes, sources
from core.demos.digits import DigitsConfig
from core.demos.digits.config import GATE
from core.demos.digits.reader import read_model
from core.errors import NotFoundError, StorageError
from core.knobs import Reference, knobs, to_json
from core.runs.store import open_store
from tests.support.paths import ROOT
from tests.support.session_records import form_of
from tests.support.stored_runs import ended
from ui.runs import readers
from ui.widgets import form

PAGE = str(ROOT / "pages" / "digits.py")


def page(**query: str) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=30)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def labels(app: AppTest) -> set[str]:
    widgets = [*app.selectbox, *app.slider, *app.select_slider, *app.toggle, *app.number_input]
    return {widget.label.partition(" (")[0] for widget in widgets}


def test_try_invites_to_draw_and_predicts_nothing_from_nothing() -> None:
    app = page()
    assert any("Draw a digit" in info.value for info in app.info)
    assert not any("What the network sees" in heading.value for heading in app.subheader)


def test_a_drawing_that_is_too_long_is_said_and_the_page_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pen_strokes, "MAX_STROKES", -1)  # AppTest cannot draw: even nothing is too long
    app = page()
    assert ["Make it shorter, or begin anew" in error.value for error in app.error] == [True]
    assert any("Draw a digit" in info.value for info in app.info)


def test_a_sample_is_answered_with_its_label() -> None:
    app = page()
    app.segmented_control(key="digits.input").set_value("sample").run()
    assert not app.exception
    assert any("Its label is" in caption.value for caption in app.caption)
    assert any("sure" in text.proto.body or "guessing" in text.proto.body for text in app.get("html"))


def test_synthetic_pictures_that_are_gone_are_said_with_a_way_back() -> None:
    app = page(view="train", synthetic="0123456789abcdef")
    assert ["not on this machine any more" in error.value for error in app.error] == [True]
    assert app.button(key="digits.start").disabled
    app.button(key="digits.real").click().run()
    assert not app.error
    assert not app.button(key="digits.start").disabled


@pytest.mark.parametrize("network", ["cnn", "plain"])
def test_the_form_shows_the_knobs_that_matter_for_the_network_and_no_others(network: str) -> None:
    app = page(view="train", network=network)
    declared = knobs(DigitsConfig)
    own = {"cnn": {"depth", "convolutions", "width", "kernel"}, "plain": {"hidden_layers", "hidden_size"}}
    for kind, names in own.items():
        for name in names:
            assert (declared[name].label in labels(app)) == (kind == network)


def test_every_knob_has_a_widget_when_it_matters() -> None:
    shown = labels(page(view="train", network="cnn")) | labels(page(view="train", network="plain"))
    assert {knob.label for knob in knobs(DigitsConfig).values() if not isinstance(knob, Reference)} <= shown


@pytest.mark.parametrize("preset", demos.task("digits").presets, ids=lambda preset: preset.name)
def test_a_preset_fills_the_form_and_the_address(preset: object) -> None:
    app = page(view="train")
    app.selectbox[0].set_value(preset.name).run()  # type: ignore[attr-defined]
    assert not app.exception
    config = form_of(app, "digits")
    assert to_json(config) == to_json(DigitsConfig(**preset.values))  # type: ignore[attr-defined]
    for name, value in preset.values.items():  # type: ignore[attr-defined]
        if value != getattr(DigitsConfig(), name):
            assert name in app.query_params


def test_the_address_fills_the_form() -> None:
    app = page(view="train", learning_rate="0.0123", epochs="7", normalisation="off", seed="5")
    config = form_of(app, "digits")
    assert (config.learning_rate, config.epochs, config.normalisation, config.seed) == (0.0123, 7, False, 5)


def test_what_an_address_gets_wrong_is_said_and_left_out() -> None:
    app = page(view="train", epochs="500", colour="red")
    said = " ".join(warning.value for warning in app.warning)
    said = said.replace("\\", "")  # escaped, so that nothing in an address is read as Markdown
    assert "Epochs (epochs) is 500; allowed is a whole number from 1 to 100." in said
    assert "There is no setting “colour”" in said
    assert form_of(app, "digits") == DigitsConfig()
    assert "colour" not in app.query_params


def test_start_creates_a_run_with_the_knobs_of_the_form(glassbox_home: Path) -> None:
    app = page(view="train", depth="2")
    app.button(key="digits.start").click().run()
    assert not app.exception
    (run,) = open_store(glassbox_home / "glassbox.sqlite").book.find()
    assert run.state == "queued"
    assert run.config["depth"] == 2
    assert app.query_params["run"] == run.id
    assert any("place 1 in the queue" in info.value for info in app.info)


def test_too_small_a_share_is_refused_with_the_reason(glassbox_home: Path) -> None:
    app = page(view="train", share="0.1")
    app.button(key="digits.start").click().run()
    assert any("Raise the share" in error.value for error in app.error)
    assert open_store(glassbox_home / "glassbox.sqlite").book.find() == []


def test_data_that_is_not_here_is_offered_for_download_and_start_is_off() -> None:
    app = page(view="train", data="mnist")
    assert app.button(key="digits.start").disabled
    assert app.button(key="download.start").label.startswith("Download (")


def test_a_run_that_does_not_exist_says_so() -> None:
    app = page(run="zzzzzz")
    assert any("There is no run “zzzzzz”" in error.value for error in app.error)


def test_a_waiting_run_can_be_stopped_resumed_and_cloned(glassbox_home: Path) -> None:
    app = page(view="train", dropout="0.5")
    app.button(key="digits.start").click().run()
    app.button(key="run.stop").click().run()
    assert not app.exception
    store = open_store(glassbox_home / "glassbox.sqlite")
    assert store.book.find()[0].state == "stopped"
    app.button(key="run.resume").click().run()
    assert store.book.find()[0].state == "queued"
    app.button(key="run.stop").click().run()
    app.button(key="run.clone").click().run()
    assert form_of(app, "digits").dropout == 0.5
    assert "run" not in app.query_params


def test_what_an_address_says_is_not_read_as_markdown() -> None:
    app = page(view="train", epochs="![x](http://192.0.2.1/x.png)")
    (warning,) = app.warning
    assert "![x](" not in warning.value


def test_the_view_and_the_model_are_remembered_and_a_new_address_counts_for_more() -> None:
    app = page(view="train")
    app.query_params.clear()
    app.run()
    assert app.segmented_control(key="digits.view").value == "train"
    app.query_params["view"] = "try"
    app.run()
    assert app.segmented_control(key="digits.view").value == "try"


def test_a_view_that_a_left_page_sent_as_none_is_chosen_anew() -> None:
    app = page(view="train")
    app.session_state["digits.view"] = None
    app.run()
    assert not app.exception
    assert app.segmented_control(key="digits.view").value == "train"


def test_log_stops_hold_the_present_value_and_stay_in_range() -> None:
    rate = knobs(DigitsConfig)["learning_rate"]
    stops = form.log_stops(rate, 0.0123)  # type: ignore[arg-type]
    assert stops == sorted(stops)
    assert 0.0123 in stops
    assert (stops[0], stops[-1]) == (1e-5, 10.0)


def test_a_page_that_was_open_while_its_model_was_deleted_for_good_says_so() -> None:
    store = open_store()
    gone = ended(store)
    with pytest.raises(StorageError):  # a run without files: it is there, and cannot be read
        readers.model_of("digits", gone.id)
    store.book.delete(gone.id)
    store.purge(older_than=-1)
    with pytest.raises(NotFoundError, match="Load the page again"):
        readers.model_of("digits", gone.id)


def test_a_letter_is_said_to_be_no_digit_with_the_nearest_one_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = (((80.0, 220.0), (140.0, 50.0), (200.0, 220.0)), ((105.0, 150.0), (175.0, 150.0)))  # A
    letter = pen_strokes.Strokes(paths, (280, 280), 18.0)
    app = page()
    monkeypatch.setattr("ui.demos.digits.source.draw", lambda key: letter)  # AppTest cannot draw
    app.run()
    (said,) = (text.proto.body for text in app.get("html") if "role=" in text.proto.body)
    assert "This does not look like a digit" in said
    nearest = read_model().read(letter)
    digit = nearest.probabilities.index(max(nearest.probabilities)) if nearest.probabilities else None
    assert any(f"The nearest digit is **{digit}**" in caption.value for caption in app.caption)
    told = next(text.value for text in app.markdown if "told apart" in text.value)
    assert all(figure["set"] in told for figure in GATE.card["figures"])


def test_digits_of_ones_own_are_shown_counted_and_learned_from() -> None:
    digits = sources.load_images("mnist5k")
    rows = np.column_stack([digits.test_labels[:60], digits.test_images[:60].reshape(60, 784)])
    rows[3, 0] = 11
    heading = ",".join(["label", *(f"pixel{number}" for number in range(784))])
    content = "\n".join([heading, *(",".join(map(str, row)) for row in rows)])
    app = page(view="train")
    app.file_uploader(key="digits.own.files").set_value([("train.csv", content.encode(), "text/csv")]).run()
    assert not app.error
    assert any(text.value.startswith("59 digits: 0 (") for text in app.markdown)
    assert any("left out: 1" in one.label for one in app.expander)
    app.button(key="digits.own.use").click().run()
    assert any("59 **digits of your own**, train.csv" in one.value for one in app.info)
    assert not app.button(key="digits.start").disabled
