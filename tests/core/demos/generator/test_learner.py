"""The Generator demo: learner, exact resume, previews, and the painter that draws with what was trained."""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core import demos
from core.contract import (
    BOTH,
    Batch,
    Checkpointed,
    Command,
    Commanded,
    Dataset,
    Ended,
    Evaluated,
    Event,
    Placement,
    Previewed,
    Progress,
    Stepped,
)
from core.data.pictures import picture_set
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.frozen_classifier import find_classifier
from core.demos.generator.latents import fixed_grid, latents
from core.demos.generator.learner import GeneratorLearner, load, make_learner
from core.demos.generator.losses import LOSSES
from core.demos.generator.network import cut, shifted
from core.demos.generator.painter import run_painter
from core.demos.generator.pictures import read_sheet_text, sheet_text
from core.errors import InvalidSettingError
from core.knobs import to_json
from core.training import engine

TASK = demos.task("generator")
SMALL = GeneratorConfig(width=8, latent=8, batch_size=16, epochs=2)
ON_CPU = Placement()


@pytest.fixture(autouse=True)
def few_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.demos.generator.learner.NUM_MEASURED", 40)


@pytest.fixture(scope="module")
def few() -> Dataset:
    whole = load(SMALL)
    return Dataset(
        train=replace(whole.train, inputs=whole.train.inputs[:96], targets=whole.train.targets[:96]),
        validation=replace(
            whole.validation, inputs=whole.validation.inputs[:60], targets=whole.validation.targets[:60]
        ),
        test=replace(whole.test, inputs=whole.test.inputs[:60], targets=whole.test.targets[:60]),
    )


def trained(config: GeneratorConfig, dataset: Dataset, **options: Any) -> tuple[GeneratorLearner, list[Event]]:
    learner = make_learner(config, ON_CPU)
    return learner, list(engine.train(TASK, config, dataset, learner=learner, **options))


def assert_equal(ours: Any, theirs: Any) -> None:
    if isinstance(ours, torch.Tensor):
        assert torch.equal(ours, theirs)
    elif isinstance(ours, dict):
        assert ours.keys() == theirs.keys()
        for key in ours:
            assert_equal(ours[key], theirs[key])
    elif isinstance(ours, list | tuple):
        for mine, its in zip(ours, theirs, strict=True):
            assert_equal(mine, its)
    else:
        assert ours == theirs


def test_a_generator_that_breaks_at_an_evaluated_step_ends_as_diverged_with_its_last_good_state(few: Dataset) -> None:
    """A step's losses are those before its update, so the evaluation is the first to see what the update broke."""
    config = replace(
        SMALL, loss="wasserstein", generator_optimizer="sgd", discriminator_optimizer="sgd", epochs=40,
        generator_rate=1.0, discriminator_rate=1.0,
    )  # fmt: skip
    one_batch = replace(few, train=replace(few.train, inputs=few.train.inputs[:16], targets=few.train.targets[:16]))
    saved = {}
    for event in engine.train(TASK, config, one_batch, learner=make_learner(config, ON_CPU)):
        if isinstance(event, Checkpointed):
            saved[event.step] = copy.deepcopy(event.state)
        ended = event
    assert isinstance(ended, Ended)
    assert (ended.reason, ended.metrics) == ("diverged", {})
    assert "no longer" in ended.message
    assert max(saved) == ended.step - 1
    assert all(value.isfinite().all() for value in saved[max(saved)]["learner"]["generator"].values())


def test_a_shift_moves_each_picture_whole_and_fills_with_nothing() -> None:
    torch.manual_seed(0)
    images = torch.zeros(50, 1, 9, 9)
    images[:, 0, 4, 4] = torch.arange(1.0, 51)
    moved = shifted(images, furthest=3)
    assert torch.equal(moved.flatten(1).sum(1), images.flatten(1).sum(1))
    places = {tuple(place.tolist()) for place in moved[:, 0].nonzero()[:, 1:]}
    assert len(places) > 10
    assert {row for row, _ in places} | {column for _, column in places} <= set(range(1, 8))


def test_a_cut_takes_a_square_and_leaves_the_rest() -> None:
    torch.manual_seed(0)
    kept = cut(torch.ones(200, 1, 28, 28), side=9)
    missing = (kept == 0).flatten(1).sum(1)
    assert missing.max() == 81
    assert missing.min() >= 25  # a corner


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_and_stays_finite(loss: str, few: Dataset) -> None:
    learner, events = trained(replace(SMALL, loss=loss, epochs=1, penalty_every=2), few)
    assert isinstance(events[-1], Ended)
    assert events[-1].reason == "completed"
    assert {"generator", "discriminator", "real_accuracy", "generated_accuracy"} == {
        name for event in events if isinstance(event, Stepped) for name in event.metrics
    }
    assert all(parameter.isfinite().all() for parameter in learner.generator.parameters())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"loss": "wasserstein", "penalty_every": 4, "discriminator_steps": 2, "augmentation": "shift_cut"},
        {"loss": "non_saturating", "generator_optimizer": "adam_momentum", "discriminator_optimizer": "rmsprop"},
        {"loss": "least_squares", "conditional": False, "generator_optimizer": "sgd", "averaging": 0.0},
    ],
    ids=["relativistic", "wasserstein", "non_saturating", "least_squares"],
)
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(changes: dict[str, Any], few: Dataset) -> None:
    config = replace(SMALL, **changes)
    whole, events = trained(config, few)
    stops = iter([False, False, True])
    _, first = trained(config, few, should_stop=lambda: next(stops))
    saved = [event for event in first if isinstance(event, Checkpointed)][-1]
    assert saved.step == 3

    resumed, rest = trained(config, few, resume=saved.state)

    assert_equal(resumed.state_dict(), whole.state_dict())
    assert events[-1] == rest[-1]


def test_a_step_updates_each_network_by_its_own_rate_and_the_average_slowly(few: Dataset) -> None:
    config = replace(SMALL, generator_rate=1e-5, discriminator_rate=1e-2)
    learner = make_learner(config, ON_CPU)
    before = {name: part.clone() for name, part in learner.generator.state_dict().items()}
    score = learner.discriminator.score.weight.clone()
    batch = Batch(few.train.inputs[:16], few.train.targets[:16], torch.zeros(16, 0))
    learner.step(batch, Progress(step=40, steps_per_epoch=100, phases=(1,)))
    moved = (learner.generator.picture[0].weight - before["picture.0.weight"]).abs().max().item()
    assert 0 < moved <= 1.1e-5
    assert (learner.discriminator.score.weight - score).abs().max().item() > 1e-3
    followed = (learner.average.picture[0].weight - before["picture.0.weight"]).abs().max().item()
    assert followed == pytest.approx(moved * (1 - 41 / 50), rel=0.02)  # 41/50 is the decay after 40 steps


def test_the_average_follows_the_formula(few: Dataset) -> None:
    learner = make_learner(replace(SMALL, averaging=0.9), ON_CPU)
    expected = learner.average.seed[0].weight.clone()
    batch = Batch(few.train.inputs[:16], few.train.targets[:16], torch.zeros(16, 0))
    for number in (0, 1, 500):
        learner.step(batch, Progress(step=number, steps_per_epoch=1000, phases=(1,)))
        decay = min(0.9, (1 + number) / (10 + number))
        expected = decay * expected + (1 - decay) * learner.generator.seed[0].weight
    torch.testing.assert_close(learner.average.seed[0].weight, expected.detach())


def test_steps_of_d_share_the_batch_among_themselves(few: Dataset) -> None:
    config = replace(SMALL, discriminator_steps=3)
    assert TASK.batch_size(config) == 48
    learner = make_learner(config, ON_CPU)
    batch = Batch(few.train.inputs[:48], few.train.targets[:48], torch.zeros(48, 0))
    learner.step(batch, Progress(step=0, steps_per_epoch=2, phases=(1,)))
    num_updates = [
        int(next(iter(optimizer.state.values()))["step"])
        for optimizer in (learner.discriminator_optimizer, learner.generator_optimizer)
    ]
    assert num_updates == [3, 1]


def test_the_penalty_has_its_turn_and_counts_as_much_more(few: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = make_learner(replace(SMALL, penalty=2.0, penalty_every=4), ON_CPU)
    turns: list[float] = []
    plain = learner._update

    def note(optimizer: Any, total: torch.Tensor) -> None:
        turns.append(total.item())
        plain(optimizer, total)

    real, labels = learner.prepare(few.train.inputs[:16]), few.train.targets[:16]
    monkeypatch.setattr(learner, "_update", note)
    told = [learner.discriminator_step(real, labels, number=number)["discriminator"].item() for number in range(6)]
    extra = [round(total - loss, 6) != 0 for total, loss in zip(turns, told, strict=True)]
    assert extra == [True, False, False, False, True, False]


def test_an_evaluation_needs_no_random_state_and_changes_nothing(few: Dataset) -> None:
    learner = make_learner(SMALL, ON_CPU)
    before = json.dumps({name: value.sum().item() for name, value in learner.average.state_dict().items()})
    torch.manual_seed(1)
    first = learner.evaluate(few.validation)
    torch.manual_seed(2)
    assert learner.evaluate(few.validation) == first
    assert json.dumps({name: value.sum().item() for name, value in learner.average.state_dict().items()}) == before
    assert set(first) == {"agreement", "classes", "diversity", "frechet"}


def test_real_digits_would_agree_and_be_as_various_as_themselves() -> None:
    from core.demos.generator import measures

    frozen, whole = find_classifier("mnist5k"), load(GeneratorConfig())
    assert frozen is not None
    images = whole.test.inputs.unsqueeze(1).float() / 255
    features, probabilities = frozen.look(images)
    assert measures.agreement(probabilities, whole.test.targets) > 98.5
    assert measures.effective_classes(probabilities) > 9.9
    half = torch.arange(len(images)) % 2 == 0
    real_to_real = measures.frechet_distance(features[half], features[~half])
    noise, _ = frozen.look(torch.rand(500, 1, 28, 28, generator=torch.Generator().manual_seed(0)))
    assert real_to_real < measures.frechet_distance(noise, features) / 10


def test_what_a_run_watches_is_drawn_at_its_steps_whether_or_not_anybody_pins(few: Dataset) -> None:
    _, events = trained(SMALL, few)
    previews = [event for event in events if isinstance(event, Previewed)]
    evaluated = {event.step for event in events if isinstance(event, Evaluated)}
    assert {event.step for event in previews} == evaluated | {0, 1, 2, 4, 8}
    answer = previews[-1].answers["fixed"]
    assert read_sheet_text(answer["pictures"], side=28).shape == (40, 28, 28)
    assert len(answer["real"]) == len(answer["generated"]) == SMALL.batch_size
    assert len(json.dumps(answer)) < 45_000


def test_a_pinned_vector_is_drawn_with_the_newest_average(few: Dataset) -> None:
    vector = latents(1, SMALL.latent, seed=7)
    pin = {"latents": vector.tolist(), "labels": [3]}
    learner, events = trained(SMALL, few, pins=lambda: {"ada": pin})
    last = [event for event in events if isinstance(event, Previewed)][-1]
    (picture,) = read_sheet_text(last.answers["ada"]["pictures"], side=28)
    painter = run_painter(to_json(SMALL), learner.state_dict())
    assert np.array_equal(picture, painter.draw(vector, [3])[0])
    assert "real" not in last.answers["ada"]


def test_the_fixed_grid_has_four_vectors_in_ten_classes() -> None:
    grid = fixed_grid(SMALL)
    assert grid["labels"][:12] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert grid["latents"][0] == grid["latents"][9] != grid["latents"][10]
    free = fixed_grid(replace(SMALL, conditional=False))
    assert free["latents"][0] != free["latents"][1]


def test_a_sheet_survives_being_text() -> None:
    images = np.random.default_rng(0).integers(0, 256, (13, 28, 28), dtype=np.uint8)
    back = read_sheet_text(sheet_text(images), side=28)
    assert np.array_equal(back[:13], images)
    assert not back[13:].any()


def test_a_synthetic_set_is_balanced_repeatable_and_of_the_asked_class() -> None:
    painter = run_painter(to_json(SMALL), make_learner(SMALL, ON_CPU).state_dict())
    images, labels = painter.synthetic(30, seed=5)
    assert (images.shape, images.dtype, labels.dtype) == ((30, 28, 28), np.uint8, np.int64)
    assert np.bincount(labels).tolist() == [3] * 10
    assert np.array_equal(images, painter.synthetic(30, seed=5)[0])
    assert not np.array_equal(images, painter.synthetic(30, seed=6)[0])
    assert painter.synthetic(4, seed=0, only=3)[1].tolist() == [3, 3, 3, 3]


def test_a_generator_without_classes_cannot_be_asked_for_one() -> None:
    config = replace(SMALL, conditional=False)
    painter = run_painter(to_json(config), make_learner(config, ON_CPU).state_dict())
    with pytest.raises(InvalidSettingError, match="without classes"):
        painter.synthetic(3, seed=0)


def test_the_estimate_knows_that_steps_of_d_cost() -> None:
    from core.training.estimate import Speed, estimate

    seconds = [
        estimate(TASK, replace(GeneratorConfig(), **changes), speed=Speed(1e11, 2e5)).seconds
        for changes in ({}, {"width": 64}, {"penalty_every": 1}, {"data": "mnist"})
    ]
    assert seconds[0] < seconds[1]
    assert seconds[0] < seconds[2]
    assert seconds[3] > 10 * seconds[0]


def by_hand(*commands: tuple[str, int]) -> engine.Ask:
    """Commands given one after the other, then the run goes on."""

    def ask(last: int) -> Command | None:
        return Command(last + 1, *commands[last]) if last < len(commands) else None

    return ask


def test_a_step_by_hand_changes_one_network_only_and_says_what_changed(few: Dataset) -> None:
    kept: dict[int, Any] = {}
    events = []
    config = replace(SMALL, epochs=1)
    commands = [("", 1), ("discriminator", 1), ("generator", 1)]
    learner = make_learner(config, ON_CPU)
    for event in engine.train(TASK, config, few, learner=learner, ask=by_hand(*commands)):
        events.append(event)
        if isinstance(event, Checkpointed):
            kept[event.state["engine"]["obeyed"]] = copy.deepcopy(event.state["learner"])
            if event.state["engine"]["obeyed"] == 3:
                break
    assert_equal(kept[1]["generator"], kept[2]["generator"])
    assert_equal(kept[2]["discriminator"], kept[3]["discriminator"])
    assert not torch.equal(kept[1]["discriminator"]["score.weight"], kept[2]["discriminator"]["score.weight"])
    assert not torch.equal(kept[2]["generator"]["seed.0.weight"], kept[3]["generator"]["seed.0.weight"])
    of_d, of_g = [event for event in events if isinstance(event, Commanded)]
    assert of_d.before["pictures"] == of_d.after["pictures"] == of_g.before["pictures"] != of_g.after["pictures"]
    assert of_d.after["losses"]["discriminator"] < of_d.before["losses"]["discriminator"]
    assert of_g.after["losses"]["generator"] < of_g.before["losses"]["generator"]


def test_steps_of_both_by_hand_are_the_steps_of_the_plan(few: Dataset) -> None:
    plain, _ = trained(SMALL, few)
    stepped, events = trained(SMALL, few, ask=by_hand(("", 1), (BOTH, 3), (BOTH, 2)))
    assert_equal(plain.state_dict(), stepped.state_dict())
    assert [event.step for event in events if isinstance(event, Commanded)] == [3, 5]


def test_a_run_that_was_stepped_by_hand_resumes_exactly(few: Dataset) -> None:
    commands = [("discriminator", 2), (BOTH, 1), ("generator", 1)]
    whole, _ = trained(SMALL, few, ask=by_hand(*commands))
    left = engine.train(TASK, SMALL, few, learner=make_learner(SMALL, ON_CPU), ask=by_hand(*commands))
    saved = (event.state for event in left if isinstance(event, Checkpointed))
    after_two = next(state for state in saved if state["engine"]["obeyed"] == 2)
    again, _ = trained(SMALL, few, ask=by_hand(*commands), resume=after_two)
    assert_equal(whole.state_dict(), again.state_dict())


def test_own_pictures_train_without_classes_and_report_how_much_they_differ(glassbox_home: Path) -> None:
    images = load(SMALL).train.inputs[:40].numpy()
    own = picture_set.OWN.keep(picture_set.PictureSet("mine.zip", images, np.zeros(40, np.int64)))
    config = replace(SMALL, data="own", pictures=own, epochs=1)
    dataset = load(config)
    assert [len(part) for part in (dataset.train, dataset.validation, dataset.test)] == [32, 4, 4]
    learner, events = trained(config, dataset, ask=by_hand(("generator", 1)))
    assert isinstance(events[-1], Ended)
    assert events[-1].metrics.keys() == {"diversity"}
    assert TASK.cost is not None
    assert TASK.cost(config).num_train == 32
    drawn = run_painter(to_json(config), learner.state_dict())
    assert drawn.classes == ()
    assert drawn.draw(latents(2, 8, seed=0), [0, 0]).shape == (2, 28, 28)
