"""Look inside a voice network and the three kinds of recurrent layers, without a browser: what the page says is so."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from core import demos
from core.demos.voice.features import SILENCE_FEATURE, band_centres
from core.demos.voice.hearing import read_model
from core.knobs import knobs, to_json
from tests.support.voice_page import PAGE, page, said
from ui.demos.voice import source, three


def inside(part: str) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=300)
    app.query_params["view"] = "inside"
    app.session_state["voice.input"] = "sample"
    app.session_state["voice.inside.part"] = part
    app.run()
    assert not app.exception
    return app


def score(features: np.ndarray, target: int) -> float:
    with torch.no_grad():
        return float(read_model().network(torch.from_numpy(features)[None])[0, target])


def heard() -> Any:
    (command,) = read_model().hear(source.sample(source.SAMPLE_NAMES[0]).samples).commands
    return command


def figure(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    assert found is not None, text
    return float(found[1].replace("−", "-"))


def test_without_a_recording_it_says_with_what_to_begin() -> None:
    assert "it begins with one" in said(page(view="inside"))


def test_attributions_are_of_the_score_that_pytorch_computes_and_more_steps_explain_it_better() -> None:
    app = inside("look")
    text = said(app)
    assert "Where it looks, not why" in "".join(one.value for one in app.subheader)
    command = heard()
    target = read_model().classes.index(source.SAMPLE_NAMES[0])
    assert figure(text, r"to (\S+) for yours") == pytest.approx(score(command.features, target), abs=2e-3)
    silence = np.full_like(command.features, SILENCE_FEATURE)
    assert figure(text, r"goes from (\S+) for silence") == pytest.approx(score(silence, target), abs=2e-3)
    error = r"completeness error of \*\*(\S+)\*\*"
    few = figure(said(app.select_slider(key="voice.look.steps").set_value(10).run()), error)
    many = figure(said(app.select_slider(key="voice.look.steps").set_value(200).run()), error)
    assert abs(many) < max(abs(few), 1e-3)


def test_the_answer_without_bands_is_that_of_the_features_without_them() -> None:
    app = inside("bands")
    assert "40 of 40 mel bands are left" in said(app)
    app.slider(key="voice.bands.low").set_value(1000).run()
    app.slider(key="voice.bands.high").set_value(2000).run()
    assert not app.exception
    centres = np.array(band_centres(40))
    kept = (centres >= 1000) & (centres <= 2000)
    reader, features = read_model(), heard().features
    probabilities = reader.from_features(np.where(kept, features, np.float32(SILENCE_FEATURE))[None])[0]
    text = said(app)
    assert f"{kept.sum()} of 40 mel bands are left" in text
    assert f"From 1,000 to 2,000 Hz it hears **{reader.classes[int(probabilities.argmax())]}**" in text


def test_cuts_that_leave_nothing_are_said() -> None:
    app = inside("bands")
    app.slider(key="voice.bands.low").set_value(2000).run()
    app.slider(key="voice.bands.high").set_value(1000).run()
    assert not app.exception
    assert "Nothing is left between the cuts" in said(app)


def test_gradients_of_three_untrained_kinds_stand_beside_each_other_with_why_gates_help() -> None:
    text = said(inside("memory"))
    assert "Why gates help" in text
    assert re.search(r"Plain RNN \S+\xa0s, LSTM \S+\xa0s and GRU \S+\xa0s", text)
    assert "Train them" in text


def test_the_three_differ_in_the_recurrent_layer_alone_and_take_the_data_of_the_form() -> None:
    task = demos.task("voice")
    form = task.Config(seed=7, words="yes,no", share=50.0, hidden_size=16, recurrent="lstm")
    configs = [to_json(config) for config in three.configs(task, form)]
    assert [config["recurrent"] for config in configs] == ["rnn", "lstm", "gru"]
    different = {name for name in knobs(task.Config) if len({config[name] for config in configs}) > 1}
    assert different == {"recurrent"}
    assert {name: configs[0][name] for name in three.SAME} == {name: getattr(form, name) for name in three.SAME}
