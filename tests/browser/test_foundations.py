"""Foundations in a real browser: the step forwards and backwards, and a training that the browser computes itself."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

SPIRALS = "/foundations?place=playground&data=spirals&layers=tanh8-tanh8-tanh8&noise=0&rates=0.01"
LONG = 240_000  # ms: the machine may be shared


@pytest.fixture(autouse=True)
def patience(page: Any) -> None:
    page.set_default_timeout(90_000)


def ready(page: Any, address: str) -> None:
    page.goto(address)
    expect(page.locator(".playground .state")).to_contain_text(re.compile("step|points"), timeout=LONG)


def state(page: Any) -> dict[str, Any]:
    """Where the run in the browser is: its step, all weights, and the two losses."""
    return page.locator(".playground").evaluate("""(node) => {
        const { run, train, test } = node.playground;
        return { step: run.step, weights: [...run.weights, ...run.biases].flatMap((a) => [...a]),
                 train: train?.loss, accuracy: train?.accuracy, test: test?.loss };
    }""")


def wait_until(page: Any, condition: str) -> None:
    """Wait for a condition on `play`, the playground's own object."""
    node = page.locator(".playground").element_handle()
    page.wait_for_function(f"(node) => {{ const play = node.playground; return {condition}; }}", arg=node, timeout=LONG)


def test_a_step_goes_forwards_and_backwards_with_the_same_numbers(page: Any) -> None:
    page.goto("/foundations?place=step&step=8")
    diagram = page.get_by_role("img", name=re.compile("^Output: the answer: y"))
    expect(diagram).to_be_visible(timeout=LONG)
    before = diagram.inner_text()
    assert "0.703" in before
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("img", name=re.compile("^The loss: L 0.0881"))).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Back").click()
    expect(diagram).to_be_visible(timeout=LONG)
    assert diagram.inner_text() == before
    expect(page).to_have_url(re.compile("step=8"))


@pytest.mark.parametrize(
    "knobs",
    [
        "data=circle",
        "data=xor&optimizer=sgd&rates=0.1&layers=relu8-relu4&init=he&l2=0.01",
        "data=moons&optimizer=momentum&rates=0.03&layers=sigmoid6&l1=0.002&loss=mse",
        "data=waves&layers=tanh6-linear3&dropout=0.2&features=x1,x2,prod,sin1",
    ],
)
def test_a_hundred_steps_in_the_browser_are_those_of_pytorch(page: Any, knobs: str) -> None:
    ready(page, f"/foundations?place=playground&{knobs}")
    page.get_by_role("button", name="Compare with PyTorch").click()
    said = page.get_by_text("the largest difference is")
    expect(said).to_be_visible(timeout=LONG)
    found = re.search(r"difference is ([\d.e+-]+)\.", said.inner_text())
    assert found is not None
    assert float(found[1]) <= 1e-5


def test_play_separates_the_spirals_and_the_address_shows_the_same_to_somebody_else(page: Any, browser: Any) -> None:
    ready(page, SPIRALS)
    page.locator(".speed").select_option("fast")
    page.locator(".toggle").click()
    wait_until(page, "play.train.accuracy > 0.97")
    page.locator(".toggle").click()
    mine = state(page)
    expect(page).to_have_url(re.compile(rf"step={mine['step']}\b"), timeout=LONG)
    other = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    other.goto(page.url)
    expect(other.locator(".playground .state")).to_contain_text(f"step {mine['step']:,}", timeout=LONG)
    theirs = state(other)
    other.context.close()
    assert theirs == mine


def test_rewinding_and_playing_again_gives_the_same_run_with_its_changes_of_the_learning_rate(page: Any) -> None:
    ready(page, "/foundations?place=playground&dropout=0.2")
    page.locator(".epoch").click()
    page.locator(".rate").select_option("0.1")
    page.locator(".epoch").click()
    first = state(page)
    assert first["step"] == 42
    page.locator(".rewind").click()
    assert state(page)["step"] == 0
    page.locator(".epoch").click()
    page.locator(".epoch").click()
    assert state(page) == first
    expect(page).to_have_url(re.compile(r"rates=0\.01%2C21%3A0\.1"), timeout=LONG)


def test_painted_points_are_learned_from_and_stand_in_the_address(page: Any) -> None:
    page.set_viewport_size({"width": 1280, "height": 1700})  # the whole place: painting needs no scrolling
    ready(page, "/foundations?place=playground&data=points&test_share=0")

    def stroke(x: float) -> None:
        box = page.locator(".surface").bounding_box()
        page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.2 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.8 * box["height"], steps=12)
        page.mouse.up()

    stroke(0.25)
    expect(page).to_have_url(re.compile("points="), timeout=LONG)
    page.get_by_role("radio", name="orange").check()
    stroke(0.75)
    wait_until(page, "new Set(play.run.start.targets).size === 2")
    expect(page.locator(".state")).to_contain_text("step 0", timeout=LONG)
    for _ in range(40):
        page.locator(".epoch").click()
    assert state(page)["accuracy"] == 1


def test_a_learning_rate_that_is_far_too_large_says_what_to_do(page: Any) -> None:
    ready(page, "/foundations?place=playground&data=slope&optimizer=sgd&rates=10&layers=linear8-linear8-linear8")
    page.locator(".toggle").click()
    expect(page.locator(".state")).to_contain_text("choose a smaller learning rate", timeout=LONG)


@pytest.mark.timeout(400)
def test_the_curves_of_more_data_grow_while_it_runs_and_stop_and_go_on(page: Any) -> None:
    page.goto("/foundations?place=more_data")
    page.get_by_role("button", name="Measure").click()
    curves = page.get_by_role("img", name=re.compile("^Accuracy on the 1,000 MNIST test images: .* at 10 and"))
    expect(curves.first).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Stop", exact=True).click()
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile(r"Seed 1 of 3: .* \d+ of 126 fitted"))).to_be_visible()
    resume.click()
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.click()
    expect(resume).to_be_visible(timeout=LONG)


@pytest.mark.parametrize(
    "place",
    ["neuron", "step", "playground", "race", "gradients", "overfitting", "more_data", "beside", "map"],
)
def test_a_place_fits_a_phone(page: Any, place: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/foundations?place={place}")
    expect(page.get_by_text("What was seen").first).to_be_visible(timeout=LONG)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 360


@pytest.mark.timeout(400)
def test_a_place_trains_on_the_worker_and_another_browser_sees_the_same(page: Any, browser: Any) -> None:
    page.goto("/foundations?place=gradients&depth=2")
    page.get_by_role("button", name="Train both networks").click()
    expect(page.get_by_text("Trained in run")).to_be_visible(timeout=LONG)
    told = page.get_by_text("the first layer gets").first.inner_text()
    address = page.url
    context = browser.new_context()
    other = context.new_page()
    other.goto(address)
    expect(other.get_by_text(told).first).to_be_visible(timeout=LONG)
    expect(other.get_by_role("button", name="Train both networks")).to_have_count(0)
    context.close()
