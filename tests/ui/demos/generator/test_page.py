"""The Generator page without a browser: pictures asked for, the form, the view of a run."""

import base64
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import demos
from core.contract import BOTH, Command, Commanded, Ended, Evaluated, Event, Previewed, Stepped
from core.data.pictures import picture_set
from core.data.points import encode
from core.demos.generator.config import PRESETS, GeneratorConfig
from core.demos.generator.latents import fixed_grid
from core.demos.generator.painter import release_painter
from core.demos.generator.pictures import png, sheet_text
from core.knobs import Reference, knobs, to_json
from core.runs.records import Lease, Run, Standing
from core.runs.store import RunStore, open_store
from tests.support.paths import ROOT
from tests.support.session_records import form_of
from ui.demos.generator import synthetic
from ui.runs.run_words import result

PAGE = str(ROOT / "pages" / "generator.py")
FRAME = str(ROOT / "ui" / "navigation.py")


def page(**query: str) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=120)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def part(app: AppTest, name: str) -> AppTest:
    app.segmented_control(key="generator.part").set_value(name).run()
    assert not app.exception
    return app


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_a_class_is_drawn_and_a_separate_classifier_sees_it() -> None:
    app = page()
    app.selectbox(key="grid.class.mnist").set_value(3).run()
    assert not app.exception
    seen = int(captions(app).split(" of 12 are 3")[0].rsplit(" ", 1)[-1])
    assert seen >= 10


def test_clothes_have_their_names() -> None:
    app = page(model="clothes")
    app.selectbox(key="grid.class.fashion").set_value(8).run()
    assert "are Bag to it" in captions(app)


def test_a_slider_and_the_dice_change_the_pictures() -> None:
    app = page()
    before = app.image[0].value[0]
    app.slider(key="grid.direction.0").set_value(3.0).run()
    moved = app.image[0].value[0]
    assert moved != before
    app.button(key="grid.roll").click().run()
    assert app.image[0].value[0] not in (before, moved)


def test_the_nearest_training_pictures_say_how_far_they_are() -> None:
    app = page()
    app.toggle(key="grid.nearest").set_value(True).run()
    assert not app.exception
    assert "3,500 MNIST training pictures" in captions(app)
    assert "A copy would be 0 apart" in captions(app)


def test_a_typed_number_is_drawn_and_read_back() -> None:
    app = part(page(), "number")
    app.text_input(key="number.typed").set_value("0176 5").run()
    said = re.search(r"digit by digit, reads (\d{5})\b", captions(app))
    assert said is not None
    assert sum(read == typed for read, typed in zip(said[1], "01765", strict=True)) >= 4  # one may be drawn badly


@pytest.mark.parametrize("typed", ["", "no digits", "1" * 21])
def test_a_number_without_digits_or_too_long_is_said(typed: str) -> None:
    app = part(page(), "number")
    app.text_input(key="number.typed").set_value(typed).run()
    assert any("Type 1 to 20 digits" in warning.value for warning in app.warning)


def test_clothes_cannot_write_a_number_and_say_so() -> None:
    app = part(page(model="clothes"), "number")
    assert any("needs a generator of digits" in info.value for info in app.info)


def test_a_walk_shows_its_way_and_can_be_taken_along() -> None:
    app = part(page(), "walk")
    assert len(app.image) == 2
    assert {"The walk (GIF)", "The filmstrip (PNG)"} <= {button.label for button in app.get("download_button")}


def test_a_data_set_is_what_numpy_reads_and_what_the_terminal_makes() -> None:
    app = part(page(), "synthetic")
    assert "--data mnist --class all --count 1000 --seed 0" in app.code[0].value
    with np.load(io.BytesIO(synthetic.content("npz", "release", 30, 4, None))) as made:
        images, labels = release_painter().synthetic(30, seed=4)
        assert np.array_equal(made["images"], images)
        assert np.array_equal(made["labels"], labels)


def test_every_knob_has_a_widget_when_it_matters() -> None:
    app = page(view="train")
    widgets = [*app.selectbox, *app.slider, *app.select_slider, *app.toggle, *app.number_input]
    shown = {widget.label.partition(" (")[0] for widget in widgets}
    assert {knob.label for knob in knobs(GeneratorConfig).values() if not isinstance(knob, Reference)} <= shown


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_fills_the_form(preset: Any) -> None:
    app = page(view="train")
    app.selectbox[0].set_value(preset.name).run()
    assert not app.exception
    assert to_json(form_of(app, "generator")) == to_json(GeneratorConfig(**preset.values))


def told(store: RunStore, *, is_over: bool, owner: str = "local") -> Run:
    """A run with a few events, as a worker would tell them; without checkpoints."""
    config = GeneratorConfig(epochs=4)
    run = store.book.create("generator", to_json(config), phases=(4,), owner=owner, title="Rings")
    lease = store.claims.claim("worker", max_running=1)
    assert lease is not None
    images = np.zeros((40, 28, 28), np.uint8)
    answer = {"pictures": sheet_text(images), "real": [0.5, 1.0], "generated": [-1.0, 0.0]}
    events: list[Event] = []
    for epoch in range(5):
        step = epoch * 50
        metrics = {"agreement": 20.0 * epoch, "classes": 9.0, "diversity": 20.0, "frechet": 50.0}
        if epoch:
            losses = {"generator": 1.0, "discriminator": 0.5, "real_accuracy": 60.0, "generated_accuracy": 60.0}
            events.append(Stepped(step, epoch, losses))
        events.append(Evaluated(step, epoch, metrics))
        own = {"local": {"pictures": sheet_text(images[:1])}}
        events.append(Previewed(step, epoch, {"fixed": answer, **own}))
    standing = Standing(step=200, total_steps=200, epoch=4.0)
    store.claims.append_events(lease, events, progress=standing)
    store.claims.renew(lease, status="training")
    if is_over:
        store.claims.append_events(lease, [Ended(200, 4.0, "completed", "", {})], progress=standing)
        store.claims.finish(lease, "completed", metrics={"agreement": 80.0})
    return store.book.get(run.id)


def test_a_run_shows_its_filmstrip_scores_and_diagnosis(glassbox_home: Path) -> None:
    run = told(open_store(glassbox_home / "glassbox.sqlite"), is_over=True)
    app = page(run=run.id)
    assert "After 200 steps, epoch 4: each row one vector" in captions(app)
    assert "real pictures 0.75 on average, generated ones −0.50" in captions(app)
    assert any("G has collapsed" in text.value for text in app.markdown)
    assert app.button(key="run.remedy").label.startswith("Try")


def test_the_time_slider_goes_back(glassbox_home: Path) -> None:
    run = told(open_store(glassbox_home / "glassbox.sqlite"), is_over=True)
    app = page(run=run.id)
    app.select_slider(key=f"previews.{run.id}.4").set_value(1).run()
    assert not app.exception
    assert "After 50 steps" in captions(app)


def test_a_vector_is_pinned_with_its_class_while_the_run_goes_on(glassbox_home: Path) -> None:
    store = open_store(glassbox_home / "glassbox.sqlite")
    run = told(store, is_over=False)
    app = page(run=run.id)
    app.selectbox(key="pin.class").set_value(7).run()
    (pin,) = store.book.pins(run.id).values()
    assert pin["labels"] == [7]
    assert len(pin["latents"][0]) == GeneratorConfig().latent


def test_the_fixed_grid_is_small_enough_to_be_stored_often() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 28, 28), dtype=np.uint8)
    assert len(base64.b64decode(sheet_text(noise))) < 40_000
    assert len(fixed_grid(GeneratorConfig())["labels"]) == 40


def test_a_run_is_named_by_its_first_figure_where_nothing_selects(glassbox_home: Path) -> None:
    run = told(open_store(glassbox_home / "glassbox.sqlite"), is_over=True)
    assert result(demos.task("generator"), run, []) == "Agreement with the asked class: 80.0\u00a0%"


def test_start_creates_a_run(glassbox_home: Path) -> None:
    app = page(view="train", epochs="2")
    app.button(key="generator.start").click().run()
    assert not app.exception
    (run,) = open_store(glassbox_home / "glassbox.sqlite").book.find()
    assert (run.task, run.config["epochs"]) == ("generator", 2)
    assert demos.task("generator").num_parameters(GeneratorConfig()) > 0


def test_a_run_is_paused_stepped_by_hand_and_says_what_changed(glassbox_home: Path) -> None:
    store = open_store(glassbox_home / "glassbox.sqlite")
    run = told(store, is_over=False)
    app = page(run=run.id)
    app.button(key="hand.pause").click().run()
    assert store.book.get(run.id).command == Command(1, "", 1)
    app.run()
    app.button(key="hand.generator").click().run()
    assert store.book.get(run.id).command == Command(2, "generator", 1)
    names = ("generator", "discriminator", "real_accuracy", "generated_accuracy")
    sides = []
    for shade in (0, 51):
        drawn = sheet_text(np.full((40, 28, 28), shade, np.uint8))
        sides.append({"losses": dict.fromkeys(names, 0.5 + shade), "pictures": {"fixed": drawn, "local": drawn}})
    lease = Lease(run.id, run.attempt, "worker", slot=0)
    store.claims.append_events(lease, [Commanded(200, 4.0, {"number": 2, "part": "generator", "steps": 1}, *sides)])
    app.run()
    assert not app.exception
    assert any("What 1 step of G changed" in text.value for text in app.markdown)
    assert "changed by 20.0\N{NO-BREAK SPACE}% of the way from paper to ink" in captions(app)
    app.button(key=f"hand.{BOTH}").click().run()
    assert store.book.get(run.id).command == Command(3, BOTH, 10)
    app.button(key="hand.go").click().run()
    assert store.book.get(run.id).command is None


def zip_of_pictures(*, bad: bool = False) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(40):
            archive.writestr(
                f"{number}.png", png(np.add.outer(np.arange(32), 5 * number + np.arange(40)).astype(np.uint8))
            )
        if bad:
            archive.writestr("notes.txt", "not a picture")
    return file.getvalue()


def test_own_pictures_are_given_as_a_zip_and_trained_on(glassbox_home: Path) -> None:
    app = page(view="train", data="own")
    assert app.button(key="generator.start").disabled
    app.file_uploader(key="generator.own.file").upload("mine.zip", zip_of_pictures(bad=True), "application/zip").run()
    assert not app.exception
    assert any("40 good pictures" in text.value for text in app.markdown)
    assert any("left out: 1" in expander.label for expander in app.expander)
    next(button for button in app.button if button.label == "Use these pictures").click().run()
    assert any("**mine.zip**: 40 pictures" in message.value for message in app.success)
    app.button(key="generator.start").click().run()
    assert not app.exception
    (run,) = open_store(glassbox_home / "glassbox.sqlite").book.find()
    assert run.config["data"] == "own"
    assert len(run.config["pictures"]) == 16


def test_pictures_that_have_changed_on_the_disk_are_said_once_and_not_trained_on(glassbox_home: Path) -> None:
    own = picture_set.OWN.keep(picture_set.read_zip(zip_of_pictures(), name="mine.zip").pictures)
    (file,) = (glassbox_home / "albums").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    app = page(view="train", data="own", pictures=own)
    assert [message.value.count("has changed on the disk") for message in [*app.warning, *app.error]] == [1]
    assert app.button(key="generator.start").disabled


def test_a_zip_that_cannot_be_used_is_said(glassbox_home: Path) -> None:
    app = page(view="train", data="own")
    app.file_uploader(key="generator.own.file").upload("mine.zip", b"nonsense", "application/zip").run()
    assert any("not a zip file" in error.value for error in app.error)


def test_digits_is_trained_on_synthetic_pictures_beside_as_many_real_ones(glassbox_home: Path) -> None:
    app = AppTest.from_file(FRAME, default_timeout=120)
    app.switch_page("../pages/generator.py")
    app = part(app.run(), "synthetic")
    app.button(key="rival.go").click().run()
    assert not app.exception
    store = open_store(glassbox_home / "glassbox.sqlite")
    real, synthetic = store.book.find(task="digits")
    assert real.parent == synthetic.id
    kept = picture_set.OWN.stored(synthetic.config["synthetic"])
    assert len(kept) == round(3500 * real.config["share"] / 100) == 3500
    assert np.bincount(kept.labels).tolist() == [350] * 10
    assert {**synthetic.config, "synthetic": ""} == real.config
    assert "has a little advantage" in captions(app)
    for accuracy in (91.0, 95.5):
        lease = store.claims.claim(f"worker {accuracy}")
        assert lease is not None
        store.claims.finish(lease, "completed", metrics={"accuracy": accuracy})
    app.run()
    assert not app.exception
    said = " ".join(text.value for text in app.markdown)
    assert "91.0\N{NO-BREAK SPACE}% of 1,000 real MNIST test images" in said
    assert "Real pictures teach better here than as many synthetic ones, by 4.5 percentage points." in said


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("layers", "After ReLU nothing is negative"),
        ("discriminator", "Only the difference between two scores"),
        ("plane", "Each picture is drawn at its place"),
    ],
)
@pytest.mark.parametrize("model", ["release", "clothes"])
def test_a_model_can_be_looked_into(part: str, said: str, model: str) -> None:
    app = page(view="inside", model=model)
    app.segmented_control(key="generator.inside").set_value(part).run()
    assert not app.exception
    assert said in captions(app)
    before = [image.value for image in app.image]
    app.button(key="inside.roll").click().run()
    assert [image.value for image in app.image] != before


def test_points_in_the_plane_are_chosen_started_and_shown(glassbox_home: Path) -> None:
    app = page(view="train", what="points", epochs="2")
    assert not any("no setting" in warning.value for warning in app.warning)
    app.button(key="plane.start").click().run()
    assert not app.exception
    store = open_store(glassbox_home / "glassbox.sqlite")
    (run,) = store.book.find()
    assert (run.task, run.config["epochs"]) == ("plane", 2)
    lease = store.claims.claim("worker")
    assert lease is not None
    answer = {"points": [[0, 0], [500, 500]], "mesh": [], "surface": [[0] * 31] * 31}
    store.claims.append_events(lease, [Previewed(1, 0.1, {"plane": answer})])
    app = page(run=run.id)
    assert "2 generated points" in captions(app)
    app.button(key="run.new").click().run()
    assert not app.exception
    assert app.segmented_control(key="what").value == "points"


def test_painted_points_come_with_the_address_and_too_few_are_said(glassbox_home: Path) -> None:
    app = page(view="train", what="points", shape="painted")
    assert "No points are painted; at least 20 are needed" in captions(app)
    assert app.button(key="plane.start").disabled
    places = np.linspace(-2, 2, 30)
    painted = encode(np.column_stack([places, places, np.zeros(30)]))
    app = page(view="train", what="points", shape="painted", painted=painted)
    assert "30 of at most 300 points" in captions(app)
    app.button(key="plane.start").click().run()
    assert not app.exception
    (run,) = open_store(glassbox_home / "glassbox.sqlite").book.find()
    assert run.config["painted"] == painted
