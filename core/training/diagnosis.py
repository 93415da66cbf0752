"""One plain sentence about what happened in a training, with its evidence in numbers, and what to change next.

Reads only events and knobs: a remedy is offered where the config has a knob of that name which matters for it. The
rules work on whole epochs and claim nothing from fewer than three. No training here, no charts.

Two things make a figure look better or worse than it is, so the rules take them off first: an accuracy counts by what
it is above always saying the most frequent class (`history.skills`), a loss by what it is above the least that label
smoothing allows (`history.floor`). Runs of before these were recorded are judged without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.contract import NO_SKILL, Ended, Event, Metric
from core.errors import InvalidSettingError
from core.knobs import Choice, Config, Integer, Real, knobs, relevant
from core.training.history import History, behind, has_accuracy, lowest, read, skills

FEWEST_EPOCHS = 3
LONG = 5  # epochs without improvement that make a plateau
RISE = 1.15  # of the lowest validation loss: less is noise on a few hundred validation examples
GAP = 5.0  # percentage points of accuracy between training and validation that count as overfitting
JUMP = 1.5  # factor between the losses of neighbouring epochs that counts as a jump
OVERSHOT = 1.05  # of the untrained loss: dropout alone does not make it so much worse
UNLEARNED = 0.9  # of the untrained loss: a network above that has learned next to nothing
LEARNED = 0.5  # of the untrained loss: a network below that has learned something
LEARNED_ACCURACY = 60.0  # %; an untrained network has less, even with two classes, unless one of them is frequent
GOOD_SKILL = 0.5  # of the majority's errors avoided: more is a good fit
SLOW = 0.99  # of the loss of the epoch before: a loss that falls less stands still
DEEP = 3  # layers from which on saturating activations starve the first ones
SATURATING = ("sigmoid", "tanh")
DEPTH_KNOBS = ("hidden_layers", "depth", "num_layers", "layers")

Kind = Literal[
    "overfitting", "not_learning", "unstable", "plateau", "still_improving", "good", "diverged",
    "underfitting", "discriminator_wins", "collapse",
]  # fmt: skip


@dataclass(frozen=True)
class Diagnosis:
    """What happened. `remedy` holds the knobs to change in a cloned run; None where nothing should change."""

    kind: Kind
    sentence: str
    remedy: Mapping[str, Any] | None = None
    remedy_label: str = ""  # "Try dropout 0.3"; empty without a remedy


def diagnose(events: Sequence[Event], config: Config, *, select: Metric | None = None) -> Diagnosis | None:
    """Say what a training shows, while it runs or after it.

    Args:
        events: of the whole run so far, in order of time. The rules read the metrics "loss" and, where there is one,
            "accuracy" in percent; of a run without a "loss" only divergence is told.
        config: of the run.
        select: the metric that picks the best epoch, named in praise; accuracy or loss if it is None.

    Returns:
        The diagnosis, whose remedy can be put into the config as it is; None if there is nothing to say yet.
    """
    history = read(events, config)
    if history.end is not None and history.end.reason == "diverged":
        return _diverged(history, history.end, config)
    if history.epochs < FEWEST_EPOCHS:
        return None
    rules = (
        _not_learning(history, config),
        _unstable(history, config),
        _overfitting(history, config),
        _plateau(history, config, select),
    )
    found = next((rule for rule in rules if rule is not None), None)
    if found is None and history.end is not None:
        found = (
            _late(history, config)
            or _still_improving(history, history.end, config)
            or _good(history, config, select)
            or _underfitting(history, config)
        )
    return found


# Rules: evidence → diagnosis


def _diverged(history: History, end: Ended, config: Config) -> Diagnosis:
    seen = history.train.get("loss", ())
    last = f"; the last finite training loss was {_loss(seen[-1], history)}" if seen else ""
    rate = getattr(config, "learning_rate", None)
    why = f" A learning rate of {rate:g} makes steps that are too large." if rate is not None else ""
    return _with_remedy(
        "diverged",
        f"Training diverged by step {end.step:,}: the loss or the weights are no longer finite numbers{last}.{why}",
        config,
        [_learning_rate(config, 0.1)],
    )


def _not_learning(history: History, config: Config) -> Diagnosis | None:
    n = history.epochs
    if (known := skills(history)) is not None:
        return _no_better_than_majority(history, config) if known[1] < NO_SKILL and not _by_heart(history) else None
    untrained, loss = history.validation["loss"][0], history.train_after(n)
    if min(history.train["loss"][:n]) < UNLEARNED * untrained:
        return None
    evidence = f"training loss is {_loss(loss, history)}; untrained it was {_loss(untrained, history)}"
    if has_accuracy(history):
        accuracy, at_start = history.train_after(n, "accuracy"), history.validation["accuracy"][0]
        if at_start > LEARNED_ACCURACY or accuracy > max(at_start + 10, LEARNED_ACCURACY):
            return None
        evidence += f", and training accuracy is {accuracy:.1f} % (untrained {at_start:.1f} %)"
    return _with_remedy(
        "not_learning",
        f"The network is not learning: after {n} epochs {evidence}.{_why_not(history, config)}",
        config,
        _not_learning_remedies(history, config),
    )


def _by_heart(history: History) -> bool:
    """Whether training accuracy is beyond both the majority of the validation split and what is answered there.

    The classes may be shared out a little differently among the training examples, so a few points tell nothing.
    """
    n = history.epochs
    seen, unseen = history.train_after(n, "accuracy"), history.validation["accuracy"][n]
    return seen - max(unseen, history.validation["majority"][n]) >= GAP


def _no_better_than_majority(history: History, config: Config) -> Diagnosis | None:
    n = history.epochs
    losses = history.train["loss"][:n]
    if history.end is None and losses[-1] < 0.97 * losses[-2]:
        return None  # it has only begun
    untrained, loss = history.validation["loss"][0], losses[-1]
    why, remedies = _why_not(history, config), _not_learning_remedies(history, config)
    if min(losses) < UNLEARNED * untrained:
        why = " It knows how frequent the classes are, and not what tells them apart."
        remedies = [_more_data(config), _more_epochs(config, n), *remedies]
    return _with_remedy(
        "not_learning",
        f"The network is not learning: after {n} epochs validation accuracy is "
        f"{history.validation['accuracy'][n]:.1f} %, and {_guessing(history)}. Training loss is "
        f"{_loss(loss, history)}; untrained it was {_loss(untrained, history)}.{why}",
        config,
        remedies,
    )


def _guessing(history: History) -> str:
    return f"always saying the most frequent class gives {history.validation['majority'][history.epochs]:.1f} %"


def _num_layers(config: Config) -> int:
    names = relevant(config)
    return max((getattr(config, name) for name in DEPTH_KNOBS if name in names), default=0)


def _saturates(config: Config) -> bool:
    activation = getattr(config, "activation", None) if "activation" in relevant(config) else None
    return activation in SATURATING and _num_layers(config) >= DEEP


def _overshoots(history: History) -> bool:
    """Whether some epoch ended clearly worse than no training at all: steps that are too large, not too small."""
    losses = [*history.train["loss"], *history.validation["loss"]]
    return max(losses) > OVERSHOT * history.validation["loss"][0]


def _why_not(history: History, config: Config) -> str:
    if _saturates(config):
        return (
            f" Through {_num_layers(config)} layers of {config.activation} almost no gradient "  # type: ignore[attr-defined]
            "reaches the first ones."
        )
    if "learning_rate" not in relevant(config):
        return ""
    size = "large" if _overshoots(history) else "small"
    return f" The learning rate of {config.learning_rate:g} is probably too {size}."  # type: ignore[attr-defined]


def _not_learning_remedies(history: History, config: Config) -> list[_Remedy | None]:
    rate = _learning_rate(config, 0.1 if _overshoots(history) else 10)
    if not _saturates(config):
        return [rate]
    # Eight layers of ReLU alone stay below 20 % accuracy for 5 epochs of 3,500 digits; normalised ones reach 93 %.
    both = {"activation": "relu", "normalisation": True}
    return [(both, "Try ReLU with batch normalisation"), ({"activation": "relu"}, "Try ReLU"), rate]


def _unstable(history: History, config: Config) -> Diagnosis | None:
    losses = history.train["loss"][: history.epochs]
    jumps = [
        epoch
        for epoch in range(max(2, history.epochs - LONG + 1), history.epochs + 1)  # older ones were survived
        if losses[epoch - 1] > JUMP * losses[epoch - 2]
        and losses[epoch - 1] - losses[epoch - 2] > 0.05 * history.validation["loss"][0]
    ]
    if not jumps:
        return None
    epoch = jumps[-1]
    return _with_remedy(
        "unstable",
        f"Training is unstable: the loss jumped in epoch {epoch} "
        f"({_change(losses[epoch - 2], losses[epoch - 1], history)}). Smaller steps are calmer.",
        config,
        [_learning_rate(config, 1 / 3)],
    )


def _overfitting(history: History, config: Config) -> Diagnosis | None:
    n = history.epochs
    validation, train = history.validation["loss"], history.train["loss"]
    best = lowest(history)
    since = n - best
    if since >= FEWEST_EPOCHS and validation[n] > RISE * validation[best] and train[n - 1] < train[best - 1]:
        evidence = (
            f"Validation loss rose over {since} epochs ({_change(validation[best], validation[n], history)}) "
            f"while training loss fell ({_change(train[best - 1], train[n - 1], history)}): overfitting."
        )
    elif _lags(history, config):
        return None
    elif has_accuracy(history) and (since >= FEWEST_EPOCHS or history.end is not None):
        seen, unseen = history.train_after(n, "accuracy"), history.validation["accuracy"][n]
        if seen - unseen - (behind(history) or 0.0) < GAP:
            return None
        evidence = (
            f"After {n} epochs training accuracy is {seen:.1f} % but validation accuracy {unseen:.1f} %, "
            f"{seen - unseen:.1f} points less: overfitting."
        )
    else:
        return None
    if (known := skills(history)) is not None and known[1] < NO_SKILL:
        evidence += (
            f" Always saying the most frequent class gives {history.validation['majority'][n]:.1f} % on validation."
        )
    remedies = [*(_raised(config, "dropout", value) for value in (0.3, 0.5)), _more_augmentation(config)]
    return _with_remedy("overfitting", evidence, config, [*remedies, _more_data(config)])


def _late(history: History, config: Config) -> Diagnosis | None:
    lag, right = behind(history), history.validation.get("accuracy", ())
    if lag is None or lag < GAP:
        return None
    now = right[history.epochs]
    return _with_remedy(
        "still_improving",
        f"The averaged weights, which answer, are still on their way: they have {now:.1f} % of the validation right, "
        f"the weights that are trained {now + lag:.1f} %. More epochs will let them arrive.",
        config,
        [_more_epochs(config, history.epochs)],
    )


def _lags(history: History, config: Config) -> bool:
    """Whether averaged weights are still on their way, of a run that does not tell how far they are behind."""
    if behind(history) is not None:
        return False
    losses = history.validation["loss"]
    averages = bool(getattr(config, "averaging", 0.0))
    return averages and losses[history.epochs] < 0.97 * losses[history.epochs - 1]


def _plateau(history: History, config: Config, select: Metric | None) -> Diagnosis | None:
    n = history.epochs
    planned_to_calm = getattr(config, "schedule", "constant") != "constant" and history.end is not None
    if n <= LONG or planned_to_calm:
        return None
    train, validation = history.train["loss"][:n], history.validation["loss"][: n + 1]
    lows = {"train": min(train[:-LONG]), "validation": min(validation[1:-LONG])}
    if min(train[-LONG:]) < 0.99 * lows["train"] or min(validation[-LONG:]) < 0.99 * lows["validation"]:
        return None
    if has_accuracy(history) and (good := _good(history, config, select)) is not None:
        return replace(good, sentence=f"{good.sentence} The losses have settled: more of the same will not help.")
    return _with_remedy(
        "plateau",
        f"For {LONG} epochs neither training loss (lowest {_loss(min(train), history)}) nor validation loss (lowest "
        f"{_loss(min(validation[1:]), history)}) has improved by 1 %: more of the same will not help.",
        config,
        [_learning_rate(config, 1 / 3)],
    )


def _still_improving(history: History, end: Ended, config: Config) -> Diagnosis | None:
    n = history.epochs
    losses = history.validation["loss"]
    before, earlier = losses[n - 1], losses[n - 2]
    is_quick = losses[n] < 0.95 * before < before < 0.97 * earlier
    is_slow = _is_good(history) is False and losses[n] < SLOW * before < before < SLOW * earlier
    if end.reason != "completed" or not (is_quick or is_slow):
        return None
    fell = f"({_loss(earlier, history)} → {_loss(before, history)} → {_loss(losses[n], history)} over the last epochs)"
    if not is_quick:
        return _with_remedy(
            "still_improving",
            f"Validation loss was still falling, but slowly, when the run ended {fell}: larger steps or more epochs "
            "will probably help.",
            config,
            [_learning_rate(config, 3), _more_epochs(config, n)],
        )
    return _with_remedy(
        "still_improving",
        f"Validation loss was still falling when the run ended {fell}: more epochs will probably help.",
        config,
        [_more_epochs(config, n)],
    )


def _is_good(history: History) -> bool | None:
    """Whether the last epoch answers much better than one who knows nothing."""
    n = history.epochs
    if (known := skills(history)) is not None:
        return known[1] >= GOOD_SKILL
    learned = history.validation["loss"][n] <= LEARNED * history.validation["loss"][0]
    if has_accuracy(history):
        accuracies = history.validation["accuracy"]
        return accuracies[n] >= LEARNED_ACCURACY and (learned or accuracies[0] > LEARNED_ACCURACY)
    return learned and history.validation["loss"][n] <= JUMP * history.train_after(n)


def _good(history: History, config: Config, select: Metric | None) -> Diagnosis | None:
    n = history.epochs
    if not _is_good(history):
        return None
    by_accuracy = has_accuracy(history)
    shown = select or (Metric("accuracy", "Accuracy", "%", "max") if by_accuracy else Metric("loss", "Loss"))
    if len(history.validation.get(shown.name, ())) <= n or len(history.train.get(shown.name, ())) < n:
        return None
    seen, unseen = history.train_after(n, shown.name), history.validation[shown.name][n]
    if shown.name == "loss":
        seen, unseen = seen + history.floor, unseen + history.floor
    label = shown.label[0].lower() + shown.label[1:]
    return Diagnosis(
        "good",
        f"A good fit: after {n} epochs validation {label} is {_value(unseen, shown)}, "
        f"in training it was {_value(seen, shown)}{_handicap(config)}.",
    )


def _underfitting(history: History, config: Config) -> Diagnosis | None:
    n, known = history.epochs, skills(history)
    if known is None or max(known) >= GOOD_SKILL:
        return None
    seen, unseen = history.train_after(n, "accuracy"), history.validation["accuracy"][n]
    return _with_remedy(
        "underfitting",
        f"The network has learned only a part: after {n} epochs training accuracy is {seen:.1f} % and validation "
        f"accuracy {unseen:.1f} %; {_guessing(history)}.",
        config,
        [_more_epochs(config, n)],
    )


def _handicap(config: Config) -> str:
    """What makes the training numbers look worse than they are: they are measured with it on."""
    on = {"dropout": 0.0, "augmentation": "none"}
    names = [name for name, off in on.items() if name in relevant(config) and getattr(config, name) != off]
    return f" (measured with {' and '.join(names)} on, which makes it harder)" if names else ""


# Remedies: knobs → changes, None where the config has no such knob or there is nothing left to turn

_Remedy = tuple[Mapping[str, Any], str]


def _with_remedy(kind: Kind, sentence: str, config: Config, remedies: Sequence[_Remedy | None]) -> Diagnosis:
    """The diagnosis with the first remedy that can be applied."""
    for remedy in remedies:
        if remedy is not None and _applies(config, remedy[0]):
            return Diagnosis(kind, sentence, *remedy)
    return Diagnosis(kind, sentence)


def _applies(config: Config, changes: Mapping[str, Any]) -> bool:
    if not set(changes) <= set(relevant(config)):
        return False
    try:
        return replace(config, **changes) != config
    except InvalidSettingError:
        return False


def _learning_rate(config: Config, factor: float) -> _Remedy | None:
    declaration = knobs(type(config)).get("learning_rate")
    if not isinstance(declaration, Real):
        return None
    wanted = float(f"{config.learning_rate * factor:.1g}")  # type: ignore[attr-defined]
    value = min(max(wanted, declaration.low), declaration.high)
    return {"learning_rate": value}, f"Try learning rate {value:g}"


def _raised(config: Config, name: str, value: float) -> _Remedy | None:
    if name not in knobs(type(config)) or getattr(config, name) >= value:
        return None
    return {name: value}, f"Try {name} {value:g}"


def _more_augmentation(config: Config) -> _Remedy | None:
    declaration = knobs(type(config)).get("augmentation")
    if not isinstance(declaration, Choice):
        return None
    levels = list(declaration.options)  # declared from none to strongest
    following = levels[levels.index(config.augmentation) + 1 :]  # type: ignore[attr-defined]
    return ({"augmentation": following[0]}, f"Try {following[0]} augmentation") if following else None


def _more_data(config: Config) -> _Remedy | None:
    declaration = knobs(type(config)).get("share")
    if not isinstance(declaration, Real) or config.share >= declaration.high:  # type: ignore[attr-defined]
        return None
    value = min(declaration.high, round(4 * config.share, 1))  # type: ignore[attr-defined]
    return {"share": value}, f"Try {value:g} % of the training data"


def _more_epochs(config: Config, done: int) -> _Remedy | None:
    declaration = knobs(type(config))["epochs"]
    assert isinstance(declaration, Integer)
    value = min(2 * done, declaration.high)
    return ({"epochs": value}, f"Try {value} epochs") if value > done else None


# Words


def _short(value: float) -> str:
    return f"{value:.2f}" if 0.1 <= abs(value) < 1e4 else f"{value:.2g}"


def _loss(above: float, history: History) -> str:
    """A loss as it was measured."""
    return _short(above + history.floor)


def _change(before: float, after: float, history: History) -> str:
    return f"{_loss(before, history)} → {_loss(after, history)}"


def _value(value: float, metric: Metric) -> str:
    return f"{value:.1f} {metric.unit}" if metric.unit else _short(value)
