"""Page Foundations without a browser: every place opens alone, asks before, tells after, and reads its address."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.foundations_page import FRAME, opened, text
from tests.support.session_records import settings_of
from ui.lessons.page import PLACES
from ui.lessons.playground import STARTS

every_place = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)


def test_all_places_are_shown_with_their_sentences() -> None:
    shown = text(opened())
    assert [place.name for place in PLACES if place.title not in shown or place.sentence not in shown] == []


def test_an_unknown_place_is_said() -> None:
    app = opened(place="![x](http://192.0.2.1)")
    assert "There is no place" in app.warning[0].value
    assert "![x](" not in app.warning[0].value


@every_place
def test_a_place_has_an_address_of_its_own_and_asks_first(place: object) -> None:
    app = opened(place=place.name)  # type: ignore[attr-defined]
    assert app.title[0].value == place.title  # type: ignore[attr-defined]
    assert place.question.text in text(app)  # type: ignore[attr-defined]
    assert place.question.right in place.question.answers  # type: ignore[attr-defined]


@every_place
def test_the_answer_is_compared_with_what_was_seen(place: object) -> None:
    app = opened(place=place.name)  # type: ignore[attr-defined]
    question = place.question  # type: ignore[attr-defined]
    wrong = next(answer for answer in question.answers if answer != question.right)
    key = f"{place.name}.answer"  # type: ignore[attr-defined]
    app.button_group(key=key).set_value(wrong).run()
    assert not app.exception
    assert f"You said “{wrong}”. It is: **{question.right}.**" in text(app)
    app.button_group(key=key).set_value(question.right).run()
    assert "**right.**" in text(app)


def test_the_address_turns_the_knobs_of_a_neuron_and_the_knobs_write_the_address() -> None:
    app = opened(place="neuron", inputs="3", w3="2.5", activation="relu")
    assert "2.5" in text(app)
    app.slider(key=next(slider.key for slider in app.slider if slider.label == "b")).set_value(1.5).run()
    assert not app.exception
    assert app.query_params["b"] in (["1.5"], "1.5")


def test_what_an_address_gets_wrong_is_said_and_takes_its_default() -> None:
    app = opened(place="neuron", w1="99", colour="red")
    said = app.warning[0].value.replace("\\", "")
    assert "w1 (w1) is 99" in said
    assert "“colour”" in said


def test_the_neuron_can_be_saturated_and_reset() -> None:
    app = opened(place="neuron")
    app.button(key="neuron.saturate").click().run()
    assert "It is saturated" in text(app)
    app.button(key="neuron.reset").click().run()
    assert "It is not saturated" in text(app)


def test_a_step_of_learning_goes_forwards_backwards_and_again() -> None:
    app = opened(place="step")
    for _ in range(3):
        app.button(key="step.next").click().run()
    assert "Hidden neuron 2: the sum" in text(app)
    app.button(key="step.back").click().run()
    assert "Hidden neuron 1: the output" in text(app)
    app.button(key="step.last").click().run()
    assert "Did it help?" in text(app)
    assert "the largest difference is" in text(app)
    before = settings_of(app, "step")
    app.button(key="step.again").click().run()
    assert not app.exception
    after = settings_of(app, "step")
    assert after.step == 0
    assert after.v1 != before.v1


def test_a_weight_can_be_edited() -> None:
    app = opened(place="step", step="20")
    weight = next(widget for widget in app.number_input if widget.label == "w11")
    app.number_input(key=weight.key).set_value(2.0).run()
    assert not app.exception
    assert settings_of(app, "step").w11 == 2.0
    assert app.query_params["w11"] in (["2"], "2")


def test_a_step_without_a_loss_says_why() -> None:
    app = opened(place="step", loss="cross_entropy", activation="relu", x1="2", w11="10", v1="10")
    assert "smaller weights" in app.error[0].value


@pytest.mark.parametrize("start", STARTS)
def test_every_start_of_the_playground_is_allowed(start: str) -> None:
    app = opened(place="playground")
    app.button(key=f"playground.start.{start}").click().run()
    assert not app.exception
    settings = settings_of(app, "playground")
    assert {name: getattr(settings, name) for name in STARTS[start]} == STARTS[start]


def test_another_knob_of_the_playground_begins_another_run() -> None:
    app = opened(place="playground", step="120", rates="0.01,50:0.1")
    assert settings_of(app, "playground").step == 120
    noise = next(slider for slider in app.slider if slider.label == "Noise")
    app.slider(key=noise.key).set_value(0.3).run()
    assert not app.exception
    settings = settings_of(app, "playground")
    assert (settings.step, settings.rates, settings.noise) == (0, "0.1", 0.3)


def test_layers_of_the_playground_are_knobs_each() -> None:
    app = opened(place="playground", layers="relu3-sigmoid16")
    labels = {slider.label: slider.value for slider in app.slider}
    assert (labels["Neurons in layer 1"], labels["Neurons in layer 2"]) == (3, 16)
    hidden = next(slider for slider in app.slider if slider.label == "Hidden layers")
    app.slider(key=hidden.key).set_value(3).run()
    assert settings_of(app, "playground").layers == "relu3-sigmoid16-sigmoid16"


def test_own_points_may_come_from_a_table() -> None:
    app = opened(place="playground", data="points")
    rows = "\n".join(f"{i},{i * i},{'a' if i < 20 else 'b'}" for i in range(40))
    app.file_uploader[0].upload("mine.csv", f"p,q,kind\n{rows}".encode(), "text/csv").run()
    assert not app.exception
    app.button(key="playground.use").click().run()
    assert not app.exception
    assert len(settings_of(app, "playground").points) == 4 * 40


def test_a_number_of_an_own_table_may_be_predicted() -> None:
    app = opened(place="playground", data="points")
    rows = "\n".join(f"{i},{i % 9},{i * i}" for i in range(40))
    app.file_uploader[0].upload("mine.csv", f"p,q,price\n{rows}".encode(), "text/csv").run()
    app.selectbox(key="playground.label").set_value("price").run()
    app.button(key="playground.use").click().run()
    assert not app.exception
    settings = settings_of(app, "playground")
    assert (settings.data, len(settings.heights)) == ("heights", 6 * 40)
    app.run()
    assert not app.exception


def test_a_bad_table_says_what_is_wrong_with_it() -> None:
    app = opened(place="playground", data="points")
    app.file_uploader[0].upload("mine.csv", b"a\n1\n", "text/csv").run()
    assert not app.exception
    assert "Needed are" in app.error[0].value.replace("\\", "")


def test_the_page_is_in_the_navigation_and_on_home() -> None:
    app = AppTest.from_file(FRAME, default_timeout=60).run()
    assert not app.exception
    app.button(key="home.foundations").click().run()
    assert not app.exception
    assert app.title[0].value == "Foundations"


def test_an_address_that_comes_back_late_changes_nothing() -> None:
    app = opened(place="step")
    for _ in range(2):
        app.button(key="step.next").click().run()
    app.query_params["step"] = "1"  # what a browser still sends that has not heard of the last answer
    app.run()
    assert settings_of(app, "step").step == 2
    assert app.query_params["step"] in (["2"], "2")
