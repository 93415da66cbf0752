"""Sound: decoding under limits, levels worked out by hand, where something is said, and changes to a recording."""

import io
import struct

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from core.data.sound import audio
from core.errors import InvalidInputError
from tests.support.sounds import RATE, burst, pop, tone


def encoded(
    samples: npt.NDArray[np.floating], *, rate: int = RATE, format: str = "WAV", subtype: str | None = None
) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=format, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize("format", ["WAV", "FLAC", "MP3", "OGG"])
def test_every_format_is_decoded_to_the_same_sound(format: str) -> None:
    given = tone(1.0)
    recording = audio.read_sound(encoded(given, format=format), name="a")
    assert (recording.rate, recording.channels) == (RATE, 1)
    assert len(recording.samples) == pytest.approx(RATE, abs=1200)  # MP3 pads its frames
    length = min(len(recording.samples), RATE) - 2000
    assert audio.level(recording.samples[1000:length]) == pytest.approx(audio.level(given), abs=0.3)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
def test_every_rate_becomes_16_khz_with_pitch_and_length_kept(rate: int) -> None:
    recording = audio.read_sound(encoded(tone(1.0, rate=rate), rate=rate), name="a")
    assert len(recording.samples) == RATE
    assert recording.samples.dtype == np.float32
    assert int(np.abs(np.fft.rfft(recording.samples)).argmax()) == 440
    assert np.abs(recording.samples[200:-200] - tone(1.0)[200:-200]).max() < 0.01


def test_stereo_becomes_the_mean_of_its_channels() -> None:
    left, right = tone(0.5), tone(0.5, amplitude=0.1)
    recording = audio.read_sound(encoded(np.stack([left, right], axis=1), subtype="FLOAT"), name="a")
    assert recording.channels == 2
    assert np.allclose(recording.samples, (left + right) / 2, atol=1e-6)


def promising(frames: int) -> bytes:
    """A second as FLAC, whose header says another number of frames in its last 32 bits of 36; 0 is: unknown."""
    content = bytearray(encoded(tone(1.0), format="FLAC"))
    struct.pack_into(">I", content, 22, frames)
    return bytes(content)


def damaged_float(value: float) -> bytes:
    samples = tone(0.5)
    samples[100] = value
    return encoded(samples, subtype="FLOAT")


BAD = {
    "empty": (b"", "is empty"),
    "renamed": (b"\x89PNG\r\n\x1a\n" + bytes(500), "is not a WAV, FLAC, MP3, OGG, M4A/MP4, WebM"),
    "text": (b"just a text", "is not a WAV, FLAC, MP3, OGG, M4A/MP4, WebM"),
    "header only": (encoded(tone(1.0))[:20], "damaged"),
    "cut FLAC": (encoded(tone(1.0), format="FLAC")[:60], "damaged"),
    "garbage after RIFF": (b"RIFF\x00\x00\x00\x00WAVE" + bytes(range(256)), "damaged"),
    "promises 30 s": (promising(30 * 16_000), "damaged"),
    "no samples": (encoded(np.zeros(0)), "holds no sound"),
    "too short": (encoded(tone(0.05)), "too short: 50 ms"),
    "too long": (encoded(tone(31.0, rate=8000), rate=8000), "too long: 31.0 s"),
    "too low a rate": (encoded(tone(1.0, rate=4000), rate=4000), "4,000 samples a second"),
    "one hertz": (encoded(np.zeros(10), rate=1), "1 samples a second"),
    "too high a rate": (encoded(tone(0.5, rate=384_000), rate=384_000), "384,000 samples a second"),
    "nine channels": (encoded(np.zeros((16_000, 9))), "has 9 channels"),
    "not a number": (damaged_float(float("nan")), "not numbers"),
    "infinite": (damaged_float(float("inf")), "not numbers"),
    "too large": (bytes(25_000_001), "25.0 MB; at most 25 MB"),
}


@pytest.mark.parametrize("case", BAD)
def test_each_bad_file_has_its_own_sentence(case: str) -> None:
    data, said = BAD[case]
    with pytest.raises(InvalidInputError, match=said):
        audio.read_sound(data, name="a.wav")


@pytest.mark.parametrize("format", ["WAV", "FLAC", "MP3", "OGG"])
def test_random_damage_gives_a_sound_within_limits_or_an_error_for_people(format: str) -> None:
    rng = np.random.default_rng(0)
    good = encoded(tone(0.5), format=format)
    for _ in range(60):
        data = bytearray(good[: rng.integers(4, len(good))])
        for place in rng.integers(0, len(data), size=rng.integers(0, 8)):
            data[place] = rng.integers(256)
        try:
            samples = audio.read_sound(bytes(data), name="a").samples
        except InvalidInputError:
            continue
        assert np.isfinite(samples).all()
        assert len(samples) <= 31 * RATE


def test_levels_are_those_worked_out_by_hand() -> None:
    assert audio.level(tone(1.0, amplitude=1.0)) == pytest.approx(-3.01, abs=0.01)  # half the power
    assert audio.level(tone(1.0, amplitude=0.1)) == pytest.approx(-23.01, abs=0.01)
    square = np.where(np.arange(RATE) % 2 == 0, 1, -1).astype(np.float32)
    assert audio.level(square) == pytest.approx(0.0, abs=1e-6)
    assert audio.level(np.full(RATE, 0.3, np.float32)) == audio.FLOOR_DB  # a constant is not heard
    assert audio.levels(square[:500]).tolist() == pytest.approx([0.0, 0.0, 0.0], abs=0.01)


def test_the_noise_floor_is_the_level_between_words() -> None:
    assert audio.noise_floor(burst(1.0)) == pytest.approx(-60.4, abs=0.5)


def test_clipping_counts_samples_in_rows_at_the_end_of_the_scale() -> None:
    samples = np.zeros(1000, np.float32)
    samples[10:15] = 1.0
    samples[20:23] = -1.0
    samples[30:32] = 1.0  # a single peak of two samples is no clipping
    assert audio.clipped_fraction(samples) == pytest.approx(8 / 1000)
    assert audio.clipped_fraction(tone(1.0, amplitude=0.98)) == 0.0


@pytest.mark.parametrize("start", [0.0, 0.7, 1.3, 2.6])
def test_the_loudest_window_holds_the_word_near_its_middle(start: float) -> None:
    window = audio.loudest_window(burst(start))
    first, last = window.seconds
    assert first <= start + 0.02
    assert start + 0.38 <= last
    if 0.3 < start < 2.3:
        assert (first + last) / 2 == pytest.approx(start + 0.2, abs=0.06)


def test_a_short_recording_is_placed_in_the_middle_of_a_second() -> None:
    samples = tone(0.5)
    window = audio.loudest_window(samples)
    assert window.seconds == pytest.approx((-0.25, 0.75))
    second = audio.cut(samples, window)
    assert second.shape == (16_000,)
    assert np.array_equal(second[4000:12_000], samples)
    assert not second[:4000].any()


def test_commands_are_found_one_after_the_other() -> None:
    samples = burst(0.2, 1.0, 2.2)
    found = audio.commands(samples)
    assert [round(sum(window.seconds) / 2, 1) for window in found] == [0.5, 1.2, 2.4]  # the first cannot start before 0
    assert len(audio.commands(burst(1.0))) == 1
    assert len(audio.commands(burst(1.0, 1.5))) == 1  # 0.1 s apart: the closed lips of one word


def test_a_window_holds_nothing_of_its_neighbours() -> None:
    samples = burst(0.5, 1.2)
    first, second = audio.commands(samples)
    assert (first.high, second.low) == (pytest.approx(1.05 * RATE, abs=200), pytest.approx(1.05 * RATE, abs=200))
    for window in (first, second):
        heard = audio.levels(audio.cut(samples, window)) > -20
        assert heard.sum() == pytest.approx(40, abs=2)  # one word of 0.4 s


def test_a_click_is_no_command() -> None:
    samples = burst(1.0)
    samples[4000:4300] += tone(300 / RATE)
    assert len(audio.commands(samples)) == 1


def test_silence_and_what_is_too_quiet_or_cut_off_are_told_apart() -> None:
    silence = audio.problem(np.zeros(RATE, np.float32))
    assert silence is not None and silence.code == "silence" and silence.blocking
    quiet = audio.problem(tone(1.0, amplitude=0.002))
    assert quiet is not None and quiet.code == "quiet" and not quiet.blocking
    clipped = audio.problem(np.clip(tone(1.0, amplitude=3.0), -1, 1))
    assert clipped is not None and clipped.code == "clipped" and not clipped.blocking
    assert audio.problem(tone(1.0)) is None


def test_gain_and_noise_have_the_decibels_that_were_asked_for() -> None:
    quiet = tone(1.0, amplitude=0.05)
    assert audio.level(audio.with_gain(quiet, 12)) - audio.level(quiet) == pytest.approx(12, abs=0.01)
    assert np.abs(audio.with_gain(quiet, 60)).max() == 1.0
    silence = np.zeros(RATE, np.float32)
    assert audio.level(audio.with_noise(silence, -30)) == pytest.approx(-30, abs=0.1)
    assert np.array_equal(audio.with_noise(quiet, -30, seed=3), audio.with_noise(quiet, -30, seed=3))


def test_pink_noise_falls_by_three_decibels_an_octave() -> None:
    spectrum = np.abs(np.fft.rfft(audio.pink_noise(RATE * 20, np.random.default_rng(0)))) ** 2
    low, high = spectrum[20 * 200 : 20 * 400].mean(), spectrum[20 * 400 : 20 * 800].mean()
    assert 10 * np.log10(low / high) == pytest.approx(3.0, abs=0.3)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.25])
def test_speed_shortens_a_sound_and_raises_its_pitch(factor: float) -> None:
    faster = audio.with_speed(tone(2.0), factor)
    assert len(faster) == pytest.approx(2 * RATE / factor, abs=1)
    peak = int(np.abs(np.fft.rfft(faster[:RATE])).argmax())
    assert peak == pytest.approx(440 * factor, abs=1)


def test_a_wav_for_the_player_is_what_was_recorded() -> None:
    samples = tone(0.5)
    again = audio.read_sound(audio.write_wav(samples), name="a").samples
    assert np.abs(again - samples).max() < 1e-4
    assert np.abs(audio.from_int16(audio.to_int16(samples)) - samples).max() < 1e-4


@pytest.mark.parametrize("loudness", [0.5, 0.05, 0.02])
def test_a_pop_half_a_second_before_a_word_does_not_take_the_window(loudness: float) -> None:
    samples = burst()
    samples[24_000 : 24_000 + 6400] += tone(0.4, amplitude=loudness)
    alone = audio.loudest_window(samples)
    samples[16_000:16_480] += pop()
    (window,) = audio.commands(samples)
    assert window.start <= 24_000 and window.start + RATE >= 30_400  # all of the word
    assert abs(window.start - alone.start) <= audio.HOP
    assert audio.loudest_window(samples) == window


def test_a_pop_alone_is_nothing_heard() -> None:
    samples = burst()
    samples[16_000:16_480] += pop()
    problem = audio.problem(samples * np.float32(0.5))
    assert problem is not None and problem.code == "silence" and problem.blocking
