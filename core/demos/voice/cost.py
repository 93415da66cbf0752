"""What a speech network and its data cost, from the knobs alone: no data is read, no network computed."""

from functools import lru_cache

from core.contract import Cost, NetworkCost
from core.data import speech, speech_synthesis
from core.demos.voice.config import VoiceConfig, words_of
from core.demos.voice.features import NUM_FRAMES
from core.demos.voice.learner import make_network, shape_of
from core.training.estimate import network_cost

CLIPS_A_WORD = {"mini_speech_commands": (800, 100, 100), "speech_commands": (3_080, 370, 410)}  # mean of its words
OWN_CLIPS = 3 * speech.OWN_COPIES  # of a word with five recordings
FEATURE_BYTES = 2  # float16
AUGMENTATION_FLOPS = 6_000_000  # 65 µs a clip at 94 GFLOP/s, measured
OPTIMIZER_COPIES = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2}


@lru_cache(maxsize=256)
def _network(config: VoiceConfig) -> NetworkCost:
    return network_cost(lambda: make_network(config), (NUM_FRAMES, shape_of(config).num_mels))


def num_examples(config: VoiceConfig) -> tuple[int, int, int]:
    """Clips of training, validation and test; for recorded speech about so many."""
    words = words_of(config)
    if config.data in CLIPS_A_WORD:
        classes = len(words) + speech.UNKNOWN_FACTOR + 1
        train, validation, test = (classes * count for count in CLIPS_A_WORD[config.data])
    else:
        known = tuple(word for word in words if word in (*speech.CORE_WORDS, *speech.OTHER_WORDS))
        plan = [count for _, count in speech.synthetic_plan(known)] + [speech.NUM_SYNTHETIC]
        train, validation, test = (
            sum(speech_synthesis.counts(count)[split] for count in plan) for split in speech.SPLITS
        )
        train += OWN_CLIPS * (len(words) - len(known))
    return round(train * config.share / 100), validation, test


def cost(config: VoiceConfig) -> Cost:
    """All that an estimate needs to know about a config."""
    num_train, num_validation, num_test = num_examples(config)
    is_changed = bool(config.shift or config.noise or config.speed or config.gain or config.masks)
    return Cost(
        network=_network(config),
        num_train=num_train,
        num_validation=num_validation,
        num_test=num_test,
        example_bytes=FEATURE_BYTES * NUM_FRAMES * shape_of(config).num_mels + 8,
        preparation_flops=AUGMENTATION_FLOPS if is_changed else 0,
        optimizer_copies=OPTIMIZER_COPIES[config.optimizer] + (1 if config.averaging else 0),
    )
