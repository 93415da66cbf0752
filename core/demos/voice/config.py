"""The knobs of the Voice demo and its presets. Light: no PyTorch here."""

from dataclasses import dataclass, replace

from core.contract import Preset
from core.data.sound.speech import CORE_WORDS, OTHER_WORDS, SILENCE, UNKNOWN
from core.knobs import Choice, Config, Flag, Integer, Reference, Several, knob
from core.release import WEIGHTS, ReleaseModel
from core.training import knobs as shared

OWN_WORD = r"[^\W\d_](?:[^\W\d_]|[ '-]){0,19}"  # letters of any language, as `core.data.sound.own_words` keeps words

RELEASE = ReleaseModel(WEIGHTS / "voice")

_OWN_SHAPE = {"start": ("scratch",)}


@dataclass(frozen=True)
class VoiceConfig(Config):
    """What a person can turn about a speech network and its training."""

    recurrent: str = knob(
        Choice(
            label="Recurrent layer",
            help="How the network remembers what it has heard: a plain loop, or gates that decide what to keep.",
            options={"gru": "GRU", "lstm": "LSTM", "rnn": "Plain RNN"},
            when=_OWN_SHAPE,
        ),
        "gru",
    )
    layers: int = knob(
        Integer(
            label="Layers",
            help="Recurrent layers, one above the other.",
            unit="layers",
            low=1,
            high=3,
            when=_OWN_SHAPE,
        ),
        1,
    )
    hidden_size: int = knob(
        Integer(
            label="Hidden size",
            help="Numbers that each recurrent layer remembers, in each direction.",
            unit="numbers",
            low=16,
            high=256,
            step=16,
            when=_OWN_SHAPE,
        ),
        64,
    )
    bidirectional: bool = knob(
        Flag(
            label="Both directions",
            help="Reads the second forwards and backwards.",
            when=_OWN_SHAPE,
        ),
        True,
    )
    front_end: bool = knob(
        Flag(
            label="Convolutional front end",
            help="Convolutions look at small patches of time and pitch first and leave a quarter of the steps.",
            when=_OWN_SHAPE,
        ),
        True,
    )
    pooling: str = knob(
        Choice(
            label="Pooling",
            help="How all steps become one answer: a learned weighting, their mean, or the last state alone.",
            options={"attention": "Attention", "mean": "Mean", "last": "Last state"},
            when=_OWN_SHAPE,
        ),
        "attention",
    )
    num_mels: int = knob(
        Integer(
            label="Mel bands",
            help="Bands of pitch that the sound is split into, from 0 to 4,000 Hz.",
            unit="bands",
            low=20,
            high=64,
            choices=(20, 30, 40, 64),
            more=True,
            when=_OWN_SHAPE,
        ),
        40,
    )
    start: str = knob(replace(shared.START, more=False), "scratch")
    learns: str = knob(
        Choice(
            label="What learns",
            help="All weights, or the answer layer alone: it learns new words in seconds and keeps the old ones.",
            options={"all": "All weights", "answer": "The answer layer alone"},
            when={"start": ("release",)},
        ),
        "all",
    )
    data: str = knob(
        Choice(
            label="Data",
            help="What the network learns from.",
            options={
                "synthetic_speech": "Synthetic speech (made here)",
                "mini_speech_commands": "Speech Commands, mini",
                "speech_commands": "Speech Commands v0.02",
                "own_words": "Own words, and synthetic speech",
            },
        ),
        "synthetic_speech",
    )
    words: str = knob(
        Several(
            label="Words",
            help="The words to tell apart. All others become “unknown”, so at least one has to be left out.",
            options=(*CORE_WORDS, *OTHER_WORDS),
            fewest=2,
            not_all=True,
            others=OWN_WORD,
        ),
        ",".join(CORE_WORDS),
    )
    recordings: str = knob(
        Reference(
            label="Own recordings",
            help="The recordings of own words that there were when the run was started: it learns from no others.",
            when={"data": ("own_words",)},
        ),
        "",
    )
    share: float = knob(shared.SHARE, 100.0)
    optimizer: str = knob(shared.OPTIMIZER, "adamw")
    learning_rate: float = knob(shared.LEARNING_RATE, 3e-3)
    schedule: str = knob(shared.SCHEDULE, "one_cycle")
    batch_size: int = knob(
        replace(
            shared.BATCH_SIZE,
            help="Clips behind each step.",
            unit="clips",
            high=512,
            choices=(8, 16, 32, 64, 128, 256, 512),
        ),
        64,
    )
    label_smoothing: float = knob(shared.LABEL_SMOOTHING, 0.0)
    dropout: float = knob(shared.DROPOUT, 0.2)
    weight_decay: float = knob(shared.WEIGHT_DECAY, 0.01)
    shift: int = knob(
        Integer(
            label="Shift",
            help="Moves each clip at random, earlier or later by at most so much.",
            unit="ms",
            low=0,
            high=300,
            step=10,
        ),
        100,
    )
    noise: int = knob(
        Integer(
            label="Noisy clips",
            help="Share of the clips that get background noise, 3 to 30 dB below the speech.",
            unit="%",
            low=0,
            high=100,
            step=5,
        ),
        50,
    )
    speed: int = knob(
        Integer(
            label="Speed change",
            help="Speaks each clip faster or slower at random, by at most so much, with its pitch a little moved.",
            unit="%",
            low=0,
            high=30,
            more=True,
        ),
        12,
    )
    gain: int = knob(
        Integer(
            label="Gain change",
            help="Makes each clip louder or softer at random, by at most so much.",
            unit="dB",
            low=0,
            high=24,
            more=True,
        ),
        10,
    )
    masks: bool = knob(
        Flag(
            label="SpecAugment",
            help="Blanks two stretches of time and two of pitch in each clip (Park et al. 2019).",
        ),
        True,
    )
    averaging: float = knob(shared.AVERAGING, 0.0)
    device: str = knob(shared.DEVICE, "auto")


def words_of(config: VoiceConfig) -> tuple[str, ...]:
    """The words to tell apart, in the order of their answers."""
    return tuple(config.words.split(","))


def classes_of(config: VoiceConfig) -> tuple[str, ...]:
    """All answers in their order: the words, "unknown" and "silence"."""
    return (*words_of(config), UNKNOWN, SILENCE)


_COMPARED = {"front_end": False, "bidirectional": False, "pooling": "last", "epochs": 8}

PRESETS = (
    Preset(
        name="quick",
        label="Quick",
        sentence="A small GRU on synthetic speech: it hears ten words within a minute or two.",
        values={},
    ),
    Preset(
        name="plain_rnn",
        label="Plain RNN",
        sentence="One plain loop over 98 frames, answered from its last state: what happened early is forgotten.",
        values={"recurrent": "rnn", **_COMPARED},
    ),
    Preset(
        name="lstm",
        label="LSTM",
        sentence="The same network and seed with an LSTM: gates keep what was heard at the beginning.",
        values={"recurrent": "lstm", **_COMPARED},
    ),
    Preset(
        name="gru",
        label="GRU",
        sentence="The same network and seed with a GRU: two gates instead of three, nearly as good a memory.",
        values={"recurrent": "gru", **_COMPARED},
    ),
    Preset(
        name="recipe",
        label="Release recipe",
        sentence="How the release model began, on Speech Commands v0.02 alone. Hours without a graphics card.",
        values={
            "hidden_size": 160,
            "data": "speech_commands",
            "learning_rate": 4e-3,
            "batch_size": 128,
            "label_smoothing": 0.05,
            "noise": 60,
            "averaging": 0.999,
            "epochs": 20,
        },
    ),
    Preset(
        name="overfit",
        label="Overfit on purpose",
        sentence="A tenth of the clips and nothing against it: training gets perfect, validation does not follow.",
        values={
            "share": 10.0,
            "batch_size": 16,
            "schedule": "constant",
            "dropout": 0.0,
            "weight_decay": 0.0,
            "shift": 0,
            "noise": 0,
            "speed": 0,
            "gain": 0,
            "masks": False,
            "epochs": 30,
        },
    ),
    Preset(
        name="own_words",
        label="Teach own words",
        sentence="The release model learns the words you recorded in its answer layer, and keeps those that it knows.",
        values={
            "start": "release",
            "learns": "answer",
            "data": "own_words",
            "learning_rate": 1e-2,
            "epochs": 3,
        },
        open=("words", "recordings"),
    ),
)
