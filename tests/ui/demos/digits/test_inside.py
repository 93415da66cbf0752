"""Look inside without a browser: the numbers on the page are those of the network."""

import re

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn
from torch.nn.modules.module import register_module_forward_hook

from core.data.pictures import sources
from core.demos.digits.network import plain_network
from core.demos.digits.reader import DigitReader, read_model
from tests.support.paths import ROOT
from ui.widgets.cell_picker import parse_place

PAGE = str(ROOT / "pages" / "digits.py")


def page(part: str = "layers") -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=30)
    app.query_params["view"] = "inside"
    app.session_state["digits.input"] = "sample"
    app.session_state["inside.part"] = part
    app.run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.subheader])


def sums(app: AppTest) -> tuple[float, float]:
    """The sum on the page, and what it says that PyTorch computed."""
    found = re.search(r": (\S+)\s+PyTorch computed (\S+);", text(app))
    assert found is not None
    return float(found[1].replace("−", "-")), float(found[2].replace("−", "-"))


def sample() -> torch.Tensor:
    images, _ = sources.held_out_digits()
    return torch.from_numpy(images[:1].astype(np.float32) / 255).unsqueeze(1)


def test_without_a_digit_it_says_with_what_to_begin() -> None:
    app = AppTest.from_file(PAGE, default_timeout=30)
    app.query_params["view"] = "inside"
    app.run()
    assert not app.exception
    assert "begins with one" in text(app)


@pytest.mark.parametrize("layer", [0, 1, 2, 5])
def test_the_cell_that_is_chosen_is_the_sum_that_pytorch_computes(layer: int) -> None:
    app = page()
    network = read_model().network
    places = [place for place, module in enumerate(network) if isinstance(module, nn.Conv2d)]  # type: ignore[arg-type]
    app.selectbox(key=f"inside.layer.{len(places) + 2}").set_value(layer).run()
    side = 28 >> sum(isinstance(module, nn.MaxPool2d) for module in network[: places[layer]])  # type: ignore[index]
    app.number_input(key=f"inside.unit.{layer}").set_value(3).run()
    app.number_input(key=f"inside.row.{side}").set_value(5).run()
    app.number_input(key=f"inside.column.{side}").set_value(4).run()
    assert not app.exception
    shown, said = sums(app)
    with torch.no_grad():
        expected = float(network[: places[layer] + 1](sample())[0, 2, 4, 3])  # type: ignore[index]
    assert shown == pytest.approx(expected, abs=2e-5)
    assert said == pytest.approx(expected, abs=1e-6)


def test_a_neuron_and_an_answer_are_summed_up_too() -> None:
    app = page()
    num_layers = sum(isinstance(module, nn.Conv2d | nn.Linear) for module in read_model().network.modules())
    for layer, count in [(num_layers - 2, 128), (num_layers - 1, 10)]:
        app.selectbox(key=f"inside.layer.{num_layers}").set_value(layer).run()
        app.number_input(key=f"inside.unit.{layer}").set_value(count).run()
        assert not app.exception
        shown, said = sums(app)
        assert shown == pytest.approx(said, abs=2e-5)


def test_another_network_with_fewer_maps_takes_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    app = page()
    app.number_input(key="inside.unit.0").set_value(16).run()
    network = plain_network(hidden_layers=1, hidden_size=8, activation="relu", normalisation=False, dropout=0.2)
    monkeypatch.setattr("ui.runs.readers.release", lambda *_: DigitReader(network, data="mnist"))
    app.run()
    assert not app.exception
    assert app.number_input(key="inside.unit.0").value == 8
    assert "The weights of all 8 neurons" in text(app)
    shown, said = sums(app)
    assert shown == pytest.approx(said, abs=2e-5)


def test_attributions_come_with_their_completeness_error() -> None:
    app = page("attribution")
    assert "Where it looks, not why" in text(app)
    found = re.search(r"difference of \*\*(\S+)\*\*.*explain \*\*(\S+)\*\*.*error of \*\*(\S+)\*\*", text(app))
    assert found is not None
    difference, explained, error = (float(number.replace("−", "-")) for number in found.groups())
    assert explained == pytest.approx(difference + error, abs=2e-3)
    app.toggle(key="inside.follow").set_value(False).run()
    app.selectbox(key="inside.target").set_value(7).run()
    assert "The score of 7 goes" in text(app)


def test_a_stronger_attack_flips_the_answer_where_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    app = page()
    monkeypatch.setattr("ui.demos.digits.inside_attack.NUM_TESTED", 20)
    app.segmented_control(key="inside.part").set_value("adversarial").run()
    assert re.search(r"Accuracy: 100\s?% at ε = 0.00, .* Measured on 20 of the 1,000 held-out", text(app))
    flips = re.search(r"It flips from (\d) to (\d) at ε = (\S+)\.", text(app))
    assert flips is not None
    app.slider(key="inside.epsilon").set_value(float(flips[3])).run()
    assert not app.exception
    assert f"the answer is {flips[2]} (" in text(app)
    app.slider(key="inside.epsilon").set_value(float(flips[3]) - 0.01).run()
    assert f"the answer is {flips[1]} (" in text(app)


@pytest.mark.parametrize(("part", "most"), [("layers", 4), ("attribution", 250), ("adversarial", 40)])
def test_a_new_digit_costs_few_pictures(part: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is true of the network, whatever the digit, is not computed again."""
    app = page()
    monkeypatch.setattr("ui.demos.digits.inside_attack.NUM_TESTED", 20)
    app.segmented_control(key="inside.part").set_value(part).run()
    pictures = []

    def count(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: object) -> None:
        if isinstance(module, nn.Conv2d) and module.in_channels == 1:
            pictures.append(len(inputs[0]))

    with register_module_forward_hook(count):
        for number in (2, 3, 4):
            pictures.clear()
            app.number_input(key="digits.sample").set_value(number).run()
            assert 1 <= sum(pictures) <= most


@pytest.mark.parametrize("sent", [None, "3", [1], [0.5, 1], [True, 0], [-1, 0], [0, 8], [2, 0], [1, 4]])
def test_a_place_that_the_picture_does_not_have_is_not_taken(sent: object) -> None:
    assert parse_place(sent, columns=8, count=12) is None


def test_a_place_of_the_picture_is_taken() -> None:
    assert parse_place([1, 3], columns=8, count=12) == (1, 3)
