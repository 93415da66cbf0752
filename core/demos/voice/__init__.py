"""Voice: a second of sound → the command in it. Reading this package costs no PyTorch; its functions import it."""

from __future__ import annotations

from core.contract import CLASSIFICATION, Training
from core.data import formats, registry
from core.data.sound import audio, speech
from core.demo import Answering, Comparison, Demo, Export, Models, Page
from core.demos.voice.config import PRESETS, RELEASE, VoiceConfig
from core.lazy import lazily

NETWORKS = {"gru": "GRU", "lstm": "LSTM", "rnn": "plain RNN"}
NUM_CHANCES = 15  # core.demos.voice.augmentation.NUM_CHANCES, without its import; a test compares them


TASK = Training(
    name="voice",
    Config=VoiceConfig,
    presets=PRESETS,
    metrics=CLASSIFICATION,
    select="accuracy",
    # a word of one's own has one validation clip of five: the weights with the best accuracy may not know it yet
    keeps_last=lambda config: config.data == "own_words",
    num_chances=NUM_CHANCES,
    load=lazily("core.demos.voice.learner:load"),
    learner=lazily("core.demos.voice.learner:make_learner"),
    check=lazily("core.demos.voice.learner:check"),
    settle=lazily("core.demos.voice.learner:settle"),
    num_parameters=lazily("core.demos.voice.learner:num_parameters"),
    cost=lazily("core.demos.voice.cost:cost"),
)

DEMO = Demo(
    title="Voice",
    order=2,
    icon=":material/mic:",
    sentence="Speak a command, follow it through the network, and train one of your own.",
    training=TASK,
    models=Models(
        of_run=lazily("core.demos.voice.hearing:run_reader"),
        of_release=lazily("core.demos.voice.hearing:read_model"),
        releases={"release": RELEASE},
    ),
    answering=Answering(
        inputs=f"recordings of one command each ({formats.named(audio.FORMATS)})",
        prepare=lazily("core.demos.voice.hearing:prepare"),
    ),
    export=Export(
        network=lazily("core.demos.voice.learner:run_network"),
        onnx=lazily("core.demos.voice.hearing:onnx_file"),
    ),
    comparison=Comparison(
        methods="classical_voice",
        kind="Sound",
        icon=":material/graphic_eq:",
        raw="the log-mel spectrum",
        question=(
            "How far do nearest neighbours, logistic regression, a random forest and an SVM get on the same clips? "
            "Each reads statistics of MFCCs (mel-frequency cepstral coefficients, what speech was recognised by before "
            "deep learning): of the whole clip, then of each fifth of the word."
        ),
        data_label=lambda config: registry.find(config.data).label,
        network_label=lambda config: "release" if config.start == "release" else NETWORKS[config.recurrent],
        is_estimated=lambda config: config.data in speech.CLIPS_A_WORD,
        applies=lambda config: config.data != "own_words",  # a few seconds of teaching, about what was known before
    ),
    page=Page(
        examples="clips",
        given="recording",
        gave="recorded",
        confusion="Which word is taken for which",
        mistakes="The most confident mistakes, to listen to",
        num_mistakes=8,
    ),
)
