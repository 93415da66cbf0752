"""What Voice adds to the view of a run: the own recording, scored again as it trains, and mistakes to listen to."""

from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.data import registry
from core.data.sound import audio, own_words, speech
from core.data.sound.speech_synthesis import Sound
from core.demos.voice.config import VoiceConfig, classes_of, words_of
from core.knobs import from_json
from core.plots.confusion import confusion_figure, confusion_info, confusion_sentence
from core.plots.history import answer_history, history_info, history_sentence
from core.plots.probabilities import probabilities_sentence, probability_bars
from core.plots.words import percent
from core.runs.records import Run
from core.settings import home
from ui.demos.voice import own_words_check, source
from ui.demos.voice.player import ELSEWHERE, play
from ui.demos.voice.readers import reader_of
from ui.frame.fragments import fragment
from ui.frame.services import store
from ui.frame.style import is_dark
from ui.frame.visitor import hearer
from ui.runs import classical, pins, readers
from ui.runs.live import RunParts, live_part
from ui.widgets.live_chart import live_chart

KEY = "voice"
NUM_MISTAKES = 8
BATCH = 200  # clips that are tested together
NETWORKS = {"gru": "GRU", "lstm": "LSTM", "rnn": "plain RNN"}
BESIDE = classical.Beside(
    network="voice",
    methods="classical_voice",
    question=(
        "How far do nearest neighbours, logistic regression, a random forest and an SVM get on the same clips? Each "
        "reads statistics of MFCCs (mel-frequency cepstral coefficients, what speech was recognised by before deep "
        "learning): of the whole clip, then of each fifth of the word."
    ),
    unit="clips",
    data_label=lambda config: registry.find(config.data).label,
    network_label=lambda config: "release" if config.start == "release" else NETWORKS[config.recurrent],
    is_about=lambda config: config.data in speech.CLIPS_A_WORD,
)


def run_parts() -> RunParts:
    """The parts of a voice run."""
    return RunParts(beside=_beside, after=_after, below=_below)


def _below(run: Run) -> None:
    if config_of(run).data != "own_words":  # a few seconds of teaching are about what was known before
        classical.section(run, BESIDE)


def config_of(run: Run) -> VoiceConfig:
    """The config of a run, which may have been saved by an older version."""
    return from_json(VoiceConfig, run.config)[0]


def _beside(run: Run) -> None:
    st.markdown("**Your recording, while it trains**")
    if run.is_over:
        fragment(_answers)(run)
        return
    fragment(_pin)(run)
    live_part(_answers, run)(run)


def _pin(run: Run) -> None:
    """Choose what is scored: what was given in Try is scored from the first step on."""
    from core.demos.voice.learner import pin  # with PyTorch

    with st.expander("Give another recording", icon=":material/mic:", expanded=source.last(KEY) is None):
        source.take(source.input_picker(KEY), KEY)
    given = source.last(KEY)
    if given is None:
        st.caption("Record, upload or take a sample: the newest weights answer it about once a second.")
        return
    samples = given.recording.samples
    play(samples)
    problem = audio.problem(samples)
    if problem is not None and problem.blocking:
        st.caption(problem.message)
        return

    def heard() -> Any:
        return pin(audio.to_int16(audio.cut(samples, audio.commands(samples)[0])), config_of(run))

    pins.pin(run, given.id, heard)


def _answers(shown: Run) -> None:
    run = store().get(shown.id)
    found = pins.answered(run)
    if found is None:
        if run.is_over:
            st.caption("Nothing was recorded while this run trained.")
        return
    if found.whose != "session":
        st.caption("Recorded before." if found.whose == "browser" else "Recorded by another visitor.")
    if not found.events:
        st.caption(pins.IN_A_MOMENT)
        return
    classes, answers = classes_of(config_of(run)), found.answers
    info = history_info([event.epoch for event in found.events], answers, classes)
    live_chart(
        probability_bars(classes, answers[-1], dark=is_dark()),
        key="pin.bars",
        alt=probabilities_sentence(classes, answers[-1]),
    )
    st.caption("How the answer moved, from the first weights to the newest")
    live_chart(answer_history(info, dark=is_dark(), uirevision=run.id), key="pin.history", alt=history_sentence(info))


@st.cache_data(max_entries=16, show_spinner="Testing the model …")
def _test_answers(home_folder: str, run_id: str, seq: int, _waves: Any) -> npt.NDArray[np.float32]:
    """(N, C) probabilities of a run's best weights for its test clips."""
    reader = reader_of(run_id)
    parts = (audio.from_int16(np.asarray(_waves[start : start + BATCH])) for start in range(0, len(_waves), BATCH))
    return np.concatenate([reader.probabilities(reader.features(part)) for part in parts])


def _after(run: Run) -> None:
    if run.state == "completed":
        _tested(run)


def _tested(run: Run) -> None:
    config = config_of(run)
    data = speech.load(config.data, words_of(config), config.recordings)
    if config.data == "own_words":
        own_words_check.show(run, config, data)
    answers = _test_answers(str(home()), run.id, readers.best_checkpoint(run.id).seq, data.test_waves)
    predicted, truth = answers.argmax(1), data.test_labels
    right = float((predicted == truth).mean())
    st.subheader(f"{percent(right)} of the {len(truth):,} {data.name} test clips", anchor=False)
    st.caption(
        "Measured with the weights of the best epoch; "
        + (
            "none of these clips was learned from, though your voice was."
            if config.data == "own_words"
            else "nobody who speaks in these clips was heard in training."
        )
        + (" Synthetic voices: people's speech is harder." if "synthetic" in data.name else "")
    )
    left, right_column = st.columns(2, gap="large")
    with left:
        st.markdown("**Which word is taken for which**")
        counts = np.zeros((len(data.classes), len(data.classes)), dtype=np.int64)
        np.add.at(counts, (truth, predicted), 1)
        info = confusion_info(counts, data.classes)
        live_chart(confusion_figure(info, dark=is_dark()), key="confusion", alt=confusion_sentence(info))
    with right_column:
        st.markdown("**The most confident mistakes, to listen to**")
        _mistakes(data, answers, predicted)


def _mistakes(data: speech.SpeechSet, answers: npt.NDArray[np.float32], predicted: npt.NDArray[np.int64]) -> None:
    wrong = np.flatnonzero(predicted != data.test_labels)
    if not len(wrong):
        st.caption("None: every test clip was answered right.")
        return
    worst = wrong[np.argsort(-answers[wrong, predicted[wrong]])][:NUM_MISTAKES]
    for index in worst:
        said, true = data.classes[predicted[index]], data.classes[data.test_labels[index]]
        st.caption(f"“{true}”, answered “{said}” with {percent(float(answers[index].max()))}")
        _play(true, np.asarray(data.test_waves[index]))


def _play(word: str, clip: Sound) -> None:
    """A test clip; one of an own word for whoever recorded it."""
    if not speech.own_among([word]) or own_words.may_hear(word, clip, owner=hearer()):
        play(audio.from_int16(clip))
    else:
        st.caption(ELSEWHERE)
