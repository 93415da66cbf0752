"""The knobs of the Sentiment demo and its presets. Light: no PyTorch here."""

from dataclasses import dataclass, replace

from core.contract import Preset
from core.knobs import Choice, Config, Flag, Integer, Real, Reference, knob
from core.release import WEIGHTS, ReleaseModel
from core.training import knobs as shared

SMALL = ReleaseModel(WEIGHTS / "sentiment", label="small")  # needs nothing else, and runs may start from it
RELEASES = {"encoder": ReleaseModel(WEIGHTS / "sentiment-encoder", label="fine-tuned MiniLM"), "small": SMALL}

_SCRATCH = {"start": ("scratch",)}
_OWN_WORDS = {**_SCRATCH, "network": ("transformer", "lstm")}
_TRANSFORMER = {**_SCRATCH, "network": ("transformer",)}
_MINILM = {**_SCRATCH, "network": ("minilm",)}


@dataclass(frozen=True)
class SentimentConfig(Config):
    """What a person can turn about a network that reads text, and its training."""

    network: str = knob(
        Choice(
            label="Network",
            help="Transformer: every word looks at every other. LSTM: reads word after word, in both directions. "
            "MiniLM: a transformer that has read a billion sentences before.",
            options={
                "transformer": "Transformer from scratch",
                "minilm": "MiniLM, pretrained",
                "lstm": "LSTM (for comparison)",
            },
            when=_SCRATCH,
        ),
        "transformer",
    )
    layers: int = knob(
        Integer(label="Layers", help="How often the words are mixed.", low=1, high=8, when=_OWN_WORDS),
        2,
    )
    heads: int = knob(
        Integer(
            label="Heads",
            help="Ways of looking at the other words that each layer has side by side.",
            low=1,
            high=8,
            choices=(1, 2, 4, 8),
            when=_TRANSFORMER,
        ),
        4,
    )
    width: int = knob(
        Integer(
            label="Width",
            help="Numbers that stand for a word.",
            unit="numbers",
            low=32,
            high=384,
            choices=(32, 64, 128, 192, 256, 384),
            when=_OWN_WORDS,
        ),
        128,
    )
    feed_forward: int = knob(
        Integer(
            label="Feed-forward",
            help="Neurons of the small network that follows the attention in each layer.",
            unit="neurons",
            low=32,
            high=2048,
            step=32,
            more=True,
            when=_TRANSFORMER,
        ),
        512,
    )
    positions: str = knob(
        Choice(
            label="Positional encoding",
            help="How the network knows where a word stands. Without any, a text is a bag of words.",
            options={"learned": "Learned", "sinusoidal": "Sines and cosines", "none": "None (bag of words)"},
            more=True,
            when=_TRANSFORMER,
        ),
        "learned",
    )
    vocabulary: int = knob(
        Integer(
            label="Vocabulary",
            help="Pieces of words that the network knows, at most; they are chosen from the training texts.",
            unit="pieces",
            low=500,
            high=30_000,
            step=500,
            when=_OWN_WORDS,
        ),
        8_000,
    )
    tuning: str = knob(
        Choice(
            label="What is trained",
            help="The whole encoder, its last layers only, or small corrections beside it (LoRA, Hu et al. 2021).",
            options={"whole": "The whole encoder", "last": "The last layers", "lora": "LoRA"},
            when=_MINILM,
        ),
        "whole",
    )
    last_layers: int = knob(
        Integer(
            label="Last layers",
            help="How many of its six layers are trained.",
            low=1,
            high=6,
            when={**_MINILM, "tuning": ("last",)},
        ),
        2,
    )
    rank: int = knob(
        Integer(
            label="Rank",
            help="Size of the corrections beside each query and value.",
            low=1,
            high=64,
            choices=(1, 2, 4, 8, 16, 32, 64),
            when={**_MINILM, "tuning": ("lora",)},
        ),
        8,
    )
    embeddings: bool = knob(
        Flag(
            label="Train the embeddings of the words",
            help="They are half of the encoder and most words hardly change; frozen, they cost nothing.",
            more=True,
            when={**_MINILM, "tuning": ("whole",)},
        ),
        False,
    )
    layer_decay: float = knob(
        Real(
            label="Learning rate, a layer down",
            help="Each layer learns this much slower than the one above it.",
            low=0.5,
            high=1.0,
            step=0.05,
            more=True,
            when={**_MINILM, "tuning": ("whole", "last")},
        ),
        0.9,
    )
    start: str = knob(
        replace(
            shared.START,
            help="Random weights, or the release model, which is then trained further (its network and its vocabulary "
            "are kept).",
        ),
        "scratch",
    )
    data: str = knob(
        Choice(
            label="Data",
            help="What the network learns from.",
            options={
                "rotten_tomatoes": "8,530 Rotten Tomatoes sentences",
                "imdb": "25,000 IMDb reviews",
                "sst2": "SST-2 (67,349 phrases)",
                "own": "Your own table",
            },
        ),
        "rotten_tomatoes",
    )
    table: str = knob(
        Reference(label="Own table", help="The table that was uploaded on this page.", when={"data": ("own",)}), ""
    )
    share: float = knob(replace(shared.SHARE, more=True), 100.0)
    length: int = knob(
        Integer(
            label="Length",
            help="Pieces of a text that are read; the rest is cut.",
            unit="pieces",
            low=16,
            high=512,
            step=16,
            when=_SCRATCH,
        ),
        64,
    )
    optimizer: str = knob(shared.OPTIMIZER, "adamw")
    learning_rate: float = knob(shared.LEARNING_RATE, 1e-3)
    schedule: str = knob(
        replace(
            shared.SCHEDULE,
            options={"constant": "Constant", "cosine": "Cosine to zero", "one_cycle": "Warm up, then down"},
        ),
        "one_cycle",
    )
    warm_up: float = knob(
        Real(
            label="Warm-up",
            help="Share of the run in which the learning rate rises.",
            low=0.0,
            high=0.5,
            step=0.01,
            more=True,
            when={"schedule": ("one_cycle",)},
        ),
        0.1,
    )
    batch_size: int = knob(replace(shared.BATCH_SIZE, unit="texts"), 64)
    label_smoothing: float = knob(shared.LABEL_SMOOTHING, 0.1)
    dropout: float = knob(replace(shared.DROPOUT, help="Share of numbers switched off at random in each step."), 0.3)
    word_dropout: float = knob(
        Real(
            label="Word dropout",
            help="Share of words hidden at random in each step, so that none becomes indispensable.",
            low=0.0,
            high=0.5,
            step=0.05,
        ),
        0.1,
    )
    weight_decay: float = knob(replace(shared.WEIGHT_DECAY, high=0.5, step=0.001), 0.05)
    averaging: float = knob(shared.AVERAGING, 0.0)
    device: str = knob(shared.DEVICE, "auto")


PRESETS = (
    Preset(
        name="small",
        label="Small transformer",
        sentence="Two layers of four heads, from scratch, on 7,030 sentences: it overfits soon, and that can be seen.",
        values={},
    ),
    Preset(
        name="lstm",
        label="LSTM",
        sentence="The same data for a network that reads word after word: compare it with the transformer.",
        values={"network": "lstm", "layers": 1},
    ),
    Preset(
        name="bag",
        label="Bag of words",
        sentence="A transformer that is not told where a word stands: “not good, bad” is “not bad, good”.",
        values={"positions": "none"},
    ),
    Preset(
        name="reviews",
        label="Long reviews",
        sentence="Whole IMDb reviews, cut at 128 pieces.",
        values={"data": "imdb", "length": 128, "batch_size": 32, "epochs": 3},
    ),
    Preset(
        name="finetune",
        label="Fine-tune MiniLM",
        sentence="A pretrained encoder learns the task in a few passes, far better than anything from scratch.",
        values={
            "network": "minilm",
            "learning_rate": 1e-4,
            "batch_size": 32,
            "epochs": 2,
            "dropout": 0.1,
            "word_dropout": 0.0,
            "weight_decay": 0.01,
        },
    ),
    Preset(
        name="lora",
        label="MiniLM with LoRA",
        sentence="Only small corrections beside the frozen encoder are trained.",
        values={
            "network": "minilm",
            "tuning": "lora",
            "learning_rate": 1e-3,
            "batch_size": 32,
            "epochs": 2,
            "dropout": 0.1,
            "word_dropout": 0.0,
            "weight_decay": 0.01,
        },
    ),
    Preset(
        name="sst2",
        label="SST-2 from scratch",
        sentence="The network of the small release model, trained on labels; SST-2 is downloaded first.",
        values={"data": "sst2", "epochs": 4, "averaging": 0.999},
    ),
)
