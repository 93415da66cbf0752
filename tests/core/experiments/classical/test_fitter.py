"""Classical methods as runs: against scikit-learn itself, the network's splits, refitting after a resume, times."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from core import demos
from core.contract import Checkpointed, Dataset, Ended, Evaluated, Event, Placement, Split, Stepped
from core.data.pictures.oriented_gradients import gradient_histograms
from core.data.text import reviews
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import load as load_digits
from core.errors import InvalidSettingError
from core.experiments.classical import digits, methods, sentiment, voice
from core.experiments.classical.config import (
    METHODS,
    PIXELS,
    WORDS,
    ClassicalConfig,
    ClassicalTextConfig,
    ClassicalVoiceConfig,
    data_knobs,
    pairs,
    planned,
)
from core.experiments.classical.digits import load
from core.experiments.classical.fitter import own_order
from core.runs import checkpoints
from core.runs.store import open_store
from core.service import launch
from core.training.fits import fit_all

TASK = demos.task("classical")


def cut(dataset: Dataset, count: int = 200) -> Dataset:
    def first(split: Split) -> Split:
        return Split(inputs=split.inputs[:count], targets=split.targets[:count], name=split.name)

    return Dataset(train=first(dataset.train), validation=first(dataset.validation), test=first(dataset.test))


DATA = cut(load(ClassicalConfig()))


def arrays(split: Split, features: str) -> tuple[np.ndarray, np.ndarray]:
    return read(features, split.inputs.numpy()), split.targets.numpy()


def read(features: str, images: np.ndarray) -> np.ndarray:
    return digits.reader(ClassicalConfig(), features).fit_transform(images)


def run(config: ClassicalConfig, **options: Any) -> tuple[list[Event], dict[int, Any]]:
    """All events, and the states that were checkpointed, by step."""
    states: dict[int, Any] = {}
    events = []
    for event in fit_all(TASK, config, DATA, fitter=TASK.fitter(config, DATA), **options):
        if isinstance(event, Checkpointed):
            states[event.step] = event.state
        events.append(event)
    return events, states


def accuracies(events: list[Event]) -> list[float]:
    return [event.metrics["accuracy"] for event in events if isinstance(event, Evaluated)]


@pytest.mark.parametrize(
    ("method", "reference"),
    [
        ("neighbours", KNeighborsClassifier(n_neighbors=3)),
        ("logistic", LogisticRegression(max_iter=2_000, tol=1e-3)),
    ],
)
@pytest.mark.parametrize("features", PIXELS)
def test_a_method_measures_what_scikit_learn_itself_does(method: str, reference: Any, features: str) -> None:
    training, test = arrays(DATA.train, features), arrays(DATA.test, features)
    measured = methods.measure(method, training, test, seed=0)
    assert measured.accuracy == pytest.approx(100 * reference.fit(*training).score(*test))
    assert measured.seconds > 0
    assert measured.milliseconds > 0


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_and_the_same_seed_answers_the_same(method: str) -> None:
    training, (inputs, truth) = arrays(DATA.train, "gradients"), arrays(DATA.test, "gradients")
    answers = methods.answer(methods.fit(method, *training, seed=3), inputs)
    assert (answers == truth).mean() > 0.6
    assert np.array_equal(answers, methods.answer(methods.fit(method, *training, seed=3), inputs))


def test_a_method_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="“tarot”; there are neighbours"):
        methods.make("tarot", seed=0)


def test_features_are_pixels_or_gradient_histograms() -> None:
    images = DATA.test.inputs.numpy()
    assert np.array_equal(read("pixels", images), images.reshape(200, 784) / np.float32(255))
    assert np.array_equal(read("gradients", images), gradient_histograms(images))


def test_a_word_is_what_is_loud_in_a_clip_and_each_fifth_of_it_is_described() -> None:
    clip = torch.full((1, 98, 40), -13.0)
    clip[0, 20:70] = torch.arange(50).float()[:, None]
    torch.testing.assert_close(voice.word(clip)[0, :, 0], torch.linspace(6, 49, 50))  # 30 % of the way from -13 to 49
    found = voice.statistics(clip.numpy(), of_parts=True).reshape(5, 4, 2, 13)
    cepstra = scipy.fft.dct(voice.word(clip)[0].numpy(), norm="ortho")[:, :13].reshape(5, 10, 13)
    for row, expected in enumerate((cepstra.mean(1), cepstra.std(1, ddof=1), cepstra.min(1), cepstra.max(1))):
        np.testing.assert_allclose(found[:, row, 0], expected, atol=1e-3)
    assert (found[:, 0, 1, 0] > 0).all()  # it gets louder all the time
    whole = voice.statistics(clip.numpy(), of_parts=False).reshape(4, 2, 13)
    np.testing.assert_allclose(whole[0, 0], scipy.fft.dct(clip[0].numpy(), norm="ortho")[:, :13].mean(0), atol=1e-3)


@pytest.mark.parametrize("features", WORDS)
def test_texts_are_counted_as_scikit_learn_counts_them_and_their_words_tell_what_they_mean(features: str) -> None:
    config = ClassicalTextConfig(share=20)
    data, texts = sentiment.load(config), reviews.load("rotten_tomatoes")
    train, test = data.train.inputs.numpy(), data.test.inputs.numpy()
    counted = TfidfVectorizer(ngram_range=(1, 2 if features == "pairs" else 1), min_df=2, sublinear_tf=True)
    expected = counted.fit(texts.train.texts[: len(train)]).transform(texts.test.texts)
    reader = sentiment.reader(config, features).fit(train)
    assert abs(reader.transform(test) - expected).max() == 0
    fitted = methods.fit("bayes", train, data.train.targets.numpy(), seed=0, reader=reader)
    assert (methods.answer(fitted, test) == data.test.targets.numpy()).mean() > 0.65


def test_methods_are_compared_with_networks_of_the_same_data_share_and_seed() -> None:
    assert data_knobs(ClassicalConfig) == ("data", "share", "seed")
    assert data_knobs(ClassicalVoiceConfig) == ("data", "words", "recordings", "share", "seed")
    assert data_knobs(ClassicalTextConfig) == ("data", "table", "share", "seed")


def test_the_splits_are_those_of_a_network_with_this_data_and_share() -> None:
    mine, other = load(ClassicalConfig(share=10)), load_digits(DigitsConfig(share=10))
    for name in ("train", "validation", "test"):
        one, two = getattr(mine, name), getattr(other, name)
        assert torch.equal(one.inputs, two.inputs)
        assert torch.equal(one.targets, two.targets)
    with pytest.raises(InvalidSettingError, match="Raise the share"):
        load(ClassicalConfig(share=0.1))


def test_the_fits_are_all_pairs_once_and_then_again_with_the_next_seed() -> None:
    config = ClassicalConfig(seed=4)
    assert len(set(pairs(config))) == config.epochs == 8
    assert (planned(config, 1).label, planned(config, 1).seed) == ("Nearest neighbours on gradient histograms", 4)
    assert planned(config, 8) == replace(planned(config, 0), seed=5)
    assert pairs(ClassicalConfig(methods="svm", features="pixels")) == [("svm", "pixels")]


def test_before_the_first_fit_the_accuracy_is_that_of_guessing() -> None:
    fitter = TASK.fitter(ClassicalConfig(), DATA)
    most = max((DATA.validation.targets == digit).sum().item() for digit in range(10))
    assert fitter.guess(DATA.validation) == {"accuracy": 10.0, "majority": pytest.approx(most / 2)}  # of 200


def test_the_order_of_the_examples_depends_on_them_and_on_the_seed_alone() -> None:
    images, labels = DATA.train.inputs.numpy(), DATA.train.targets.numpy()
    mixed = np.random.default_rng(0).permutation(len(labels))
    order, again = own_order(images, labels, seed=0), own_order(images[mixed], labels[mixed], seed=0)
    assert sorted(order) == list(range(len(labels)))
    assert np.array_equal(images[order], images[mixed][again])
    assert not np.array_equal(order, own_order(images, labels, seed=1))


def test_an_svm_gets_at_most_as_many_examples_as_is_said_and_the_others_all(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, int] = {}
    original = methods.fit

    def fit(method: str, inputs: Any, *arguments: Any, **options: Any) -> Any:
        seen[method] = len(inputs)
        return original(method, inputs, *arguments, **options)

    monkeypatch.setattr(methods, "fit", fit)
    config = ClassicalConfig(features="gradients", epochs=4, svm_examples=1_000)
    whole = load(config)
    fitter = TASK.fitter(config, whole)
    for index in range(4):
        fitter.fit(index).evaluate(DATA.test)
    assert seen == {method: 1_000 if method == "svm" else len(whole.train) for method in METHODS}


def test_a_run_reports_each_pair_and_tests_the_best_also_when_it_must_be_fitted_again() -> None:
    config = ClassicalConfig(epochs=8)
    events, _ = run(config)
    found = accuracies(events)
    assert len(found) == 9
    assert found[0] == 10.0
    end = events[-1]
    assert isinstance(end, Ended)
    best = int(np.argmax(found)) - 1
    fit = planned(config, best)
    training = arrays(DATA.train, fit.features)
    order = own_order(DATA.train.inputs.numpy(), training[1], seed=0)
    expected = methods.measure(
        fit.method, (training[0][order], training[1][order]), arrays(DATA.test, fit.features), seed=0
    )
    assert end.metrics["accuracy"] == pytest.approx(expected.accuracy)
    assert best < 7  # so the resumed run below, which fits only the last, has to fit the best again


def test_a_run_resumed_before_its_last_fit_ends_as_the_uninterrupted_one() -> None:
    config = ClassicalConfig(features="gradients", epochs=4)
    whole, _ = run(config)
    asked = iter(range(1, 100))
    first, states = run(config, should_stop=lambda: next(asked) >= 3)
    assert isinstance(first[-1], Ended)
    assert first[-1].reason == "stopped"
    second, _ = run(config, resume=states[3])
    assert accuracies(first) + accuracies(second) == accuracies(whole)
    assert isinstance(second[-1], Ended)
    assert second[-1].reason == "completed"
    assert second[-1] == whole[-1]


def test_times_grow_over_the_fits_and_go_on_after_a_resume() -> None:
    config = ClassicalConfig(methods="neighbours", epochs=2)
    asked = iter(range(1, 100))
    first, states = run(config, should_stop=lambda: next(asked) >= 1)
    second, _ = run(config, resume=states[1])
    seconds = [event.trained_seconds for event in [*first, *second] if isinstance(event, Evaluated)]
    assert seconds[0] == 0
    assert 0 < seconds[1] < seconds[2]  # type: ignore[operator]
    answers = [event.answer_seconds for event in [*first, *second] if isinstance(event, Evaluated)]
    assert all(time is not None and time > 0 for time in answers)


def test_a_worker_carries_it_through_like_any_other_run() -> None:
    store = open_store()
    config = ClassicalConfig(share=10, methods="logistic", epochs=2)
    run_id = launch.start(store.book, TASK, config, owner="ada").id
    subprocess.run([sys.executable, "-m", "core.service.worker"], check=True, timeout=170)
    run = store.book.get(run_id)
    assert (run.state, run.reason, run.placement, run.num_parameters) == ("completed", "", Placement(), None)
    events = [event for _, event in store.book.events(run_id, kinds=[Evaluated])]
    seconds = [event.trained_seconds for event in events if isinstance(event, Evaluated)]
    assert len(seconds) == 3
    assert 0 == seconds[0] < seconds[1] < seconds[2]  # type: ignore[operator]
    assert run.metrics["accuracy"] > 70


def test_a_run_that_was_stopped_before_fits_were_jobs_goes_on_in_a_worker() -> None:
    """Then a fit was the step of a training: its checkpoint is one of the training engine."""
    store = open_store()
    config = ClassicalConfig(share=10, methods="logistic", epochs=2)
    run_id = launch.start(store.book, TASK, config, owner="ada").id
    lease = store.claims.claim("a worker of then")
    assert lease is not None
    engine = {"step": 1, "best_step": 1, "best_value": 80.0, "meter": {"sums": {}, "count": {}}}
    engine |= {"trained_seconds": 0.5, "obeyed": 0, "owes_evaluation": False}
    found = [Evaluated(step, step, {"accuracy": 10.0 + 70 * step}, step / 2, 1e-3) for step in (0, 1)]
    store.claims.append_events(lease, [found[0], Stepped(1, 1.0, {"bytes": 62_000.0}), found[1]])
    state = {"engine": engine, "learner": {"num_fits": 1}}
    checkpoints.write(store, lease, Checkpointed(1, 1.0, state, {"accuracy": 80.0}, best=True))
    store.claims.finish(lease, "stopped")
    store.book.resume(run_id)
    subprocess.run([sys.executable, "-m", "core.service.worker"], check=True, timeout=170)
    run = store.book.get(run_id)
    assert (run.state, run.reason, run.notices) == ("completed", "", ())
    events = [event for _, event in store.book.events(run_id, kinds=[Evaluated])]
    assert [event.step for event in events] == [0, 1, 2]
    assert events[:2] == found
    assert events[2].trained_seconds > 0.5  # type: ignore[union-attr, operator]
    assert run.metrics["accuracy"] > 70
