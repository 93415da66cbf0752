"""Sentiment: a text → what it thinks. Reading this package costs no PyTorch; its functions import it."""

from __future__ import annotations

from core.contract import CLASSIFICATION, Training
from core.data import registry
from core.demo import Answering, Comparison, Demo, Export, Models, Page
from core.demos.sentiment.config import PRESETS, RELEASES, SentimentConfig
from core.lazy import lazily

NETWORKS = {"transformer": "transformer", "lstm": "LSTM", "minilm": "MiniLM"}


TASK = Training(
    name="sentiment",
    Config=SentimentConfig,
    presets=PRESETS,
    metrics=CLASSIFICATION,
    select="accuracy",
    load=lazily("core.demos.sentiment.learner:load"),
    learner=lazily("core.demos.sentiment.learner:make_learner"),
    check=lazily("core.demos.sentiment.learner:check"),
    num_parameters=lazily("core.demos.sentiment.learner:num_parameters"),
    cost=lazily("core.demos.sentiment.cost:cost"),
)

DEMO = Demo(
    title="Sentiment",
    order=3,
    icon=":material/chat:",
    sentence="Type a sentence, see what a network takes it for and by which words, and train one of your own.",
    training=TASK,
    models=Models(
        of_run=lazily("core.demos.sentiment.reader:run_reader"),
        of_release=lazily("core.demos.sentiment.reader:read_model"),
        releases=RELEASES,
    ),
    answering=Answering(
        inputs="files of texts, one a line, or tables (or one text with --text)",
        prepare=lazily("core.demos.sentiment.reader:prepare"),
        reads="lines",
    ),
    export=Export(
        network=lazily("core.demos.sentiment.bundle:run_network"),
        release_state=lazily("core.demos.sentiment.bundle:release_state"),
        onnx=lazily("core.demos.sentiment.bundle:onnx_file"),
        compared=lazily("core.demos.sentiment.bundle:compared"),
        card=lazily("core.demos.sentiment.bundle:card"),
    ),
    comparison=Comparison(
        methods="classical_sentiment",
        kind="Text",
        icon=":material/notes:",
        raw="words and pieces of words, in order",
        question=(
            "How far do naive Bayes and logistic regression get on the same texts? Each reads how often a text has "
            "each word, weighted by how rare it is (TF-IDF), and knows nothing of their order; then pairs of "
            "neighbouring words too."
        ),
        data_label=lambda config: "your own table" if config.data == "own" else registry.find(config.data).label,
        network_label=lambda config: "release" if config.start == "release" else NETWORKS[config.network],
        release="small",
    ),
    page=Page(examples="texts", given="sentence", gave="typed"),
)
