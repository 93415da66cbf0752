"""Files of sound as programs write them: each is the sound that was put in, within limits whatever its header says.

tests/data/sounds holds the sample “stop” (0.5 to 1.7 s of it) as FFmpeg 9, speexenc 1.2.1 and OpenCORE's AMR encoder
wrote it: what a telephone, a messenger, a browser and old programs give.
"""

import io
import struct
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from core.data import formats
from core.data.sound import audio, sound_file
from core.demos.voice.hearing import read_model
from core.errors import InvalidInputError
from core.reading import pool
from tests.support.sounds import RATE, tone

FILES = Path(__file__).parents[3] / "data" / "sounds"
SAMPLE = Path(__file__).parents[4] / "ui" / "demos" / "voice" / "samples" / "stop.ogg"
BEGIN, SECONDS = 0.5, 1.2  # of the sample, in the files
KINDS = {  # rate of the file
    "messenger.opus": 48_000,
    "memo.m4a": 48_000,
    "film.mp4": 48_000,  # with pictures
    "browser.mp4": 48_000,  # Opus in fragments, as Chromium records it
    "browser.webm": 48_000,  # without a duration
    "broadcast.aac": 48_000,
    "telephone.amr": 8_000,
    "telephone.3gp": 8_000,
    "memo.caf": 16_000,  # ALAC
    "mac.aiff": 11_025,
    "unix.au": 8_000,  # µ-law, length unknown
    "windows.wma": 48_000,
    "no_length.mp3": 48_000,  # variable rate, no Xing frame: libsndfile gives 0.65 s
    "no_length.flac": 16_000,  # written into a pipe
    "lossless.oga": 16_000,  # FLAC in Ogg
    "old.spx": 16_000,  # Speex in Ogg
}


def sample() -> audio.Wave:
    whole = audio.read_sound(SAMPLE.read_bytes(), name="stop").samples
    return whole[round(BEGIN * RATE) : round((BEGIN + SECONDS) * RATE)]


def likeness(one: audio.Wave, other: audio.Wave) -> float:
    """Correlation of how loud two sounds are every 10 ms, the second up to 60 ms later or earlier: encoders delay."""
    a, b = audio.levels(one), audio.levels(other)
    size = min(len(a), len(b)) - 12
    return max(float(np.corrcoef(a[6 : 6 + size], b[shift : shift + size])[0, 1]) for shift in range(12))


def wav(
    samples: npt.NDArray[np.floating], *, rate: int = RATE, subtype: str = "PCM_16", kind: str = "WAV"
) -> bytearray:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind, subtype=subtype)
    return bytearray(file.getvalue())


def sized(size: int) -> bytes:
    """The sample as WAV, whose header says another size."""
    content = wav(sample())
    struct.pack_into("<I", content, content.find(b"data") + 4, size)
    return bytes(content)


@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_every_kind_is_the_sound_that_was_put_in(name: str) -> None:
    recording = audio.read_sound((FILES / name).read_bytes(), name=name)
    assert (recording.rate, recording.channels) == (KINDS[name], 1)
    assert recording.seconds == pytest.approx(SECONDS, abs=0.1)  # FFmpeg takes the padding of ALAC in CAF off twice
    assert audio.level(recording.samples) == pytest.approx(audio.level(sample()), abs=3)  # telephones lose the “s”
    assert likeness(recording.samples, sample()) > 0.85


def test_every_kind_is_offered_by_its_suffix_and_told_by_its_content() -> None:
    assert {Path(name).suffix[1:] for name in KINDS} <= set(formats.suffixes(sound_file.FORMATS))
    assert len(formats.suffixes(sound_file.FORMATS)) == len(set(formats.suffixes(sound_file.FORMATS)))
    for name in KINDS:
        found = formats.of((FILES / name).read_bytes(), sound_file.FORMATS)
        assert found is not None and Path(name).suffix[1:] in found.suffixes


def test_reading_processes_read_what_needs_the_large_decoder() -> None:
    ours = pool.Readers()
    try:
        recording = ours.read(audio.read_sound, (FILES / "film.mp4").read_bytes(), name="film.mp4")
    finally:
        ours.close()
    assert likeness(recording.samples, sample()) > 0.9


def test_plain_files_need_no_large_decoder() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys; from core.data.sound import audio\n"
         f"audio.read_sound(open({str(SAMPLE)!r}, 'rb').read(), name='stop')\n"
         "print(*set(sys.modules) & {'av', 'soxr', 'scipy'})"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == "\n"


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 10**6])
def test_a_wav_whose_size_was_never_written_is_read_to_its_end(size: int) -> None:
    assert np.abs(audio.read_sound(sized(size), name="a.wav").samples - sample()).max() < 1e-4


def test_tags_before_a_sound_do_not_hide_what_it_is() -> None:
    tag = b"ID3\x04\0\0\0\0\x01\x00" + bytes(128)
    for name in ("no_length.mp3", "broadcast.aac", "no_length.flac"):
        recording = audio.read_sound(tag + (FILES / name).read_bytes(), name=name)
        assert likeness(recording.samples, sample()) > 0.9


@pytest.mark.parametrize("first", ["lossless.oga", "messenger.opus", "old.spx"])
def test_all_sounds_that_are_chained_in_an_ogg_are_heard(first: str) -> None:
    vorbis = wav(np.stack([sample()] * 2, axis=1), kind="OGG", subtype="VORBIS")
    chained = audio.read_sound((FILES / first).read_bytes() + vorbis, name="a.ogg")
    assert chained.seconds == pytest.approx(2 * SECONDS, abs=0.07)
    assert likeness(chained.samples[-len(sample()) :], sample()) > 0.9


@pytest.mark.parametrize(("rate", "kind"), [(96_000, "WAV"), (192_000, "WAV"), (192_000, "FLAC"), (44_100, "AIFF")])
def test_a_high_rate_leaves_what_can_be_heard_at_16_khz_and_nothing_of_what_cannot(rate: int, kind: str) -> None:
    low, high = tone(1.0, rate=rate, amplitude=0.3), tone(1.0, rate=rate, amplitude=0.3, frequency=8_300)
    recording = audio.read_sound(bytes(wav(low + high, rate=rate, subtype="PCM_24", kind=kind)), name="a")
    assert recording.rate == rate
    assert np.abs(recording.samples[200:-200] - tone(1.0, amplitude=0.3)[200:-200]).max() < 1e-3  # −60 dB; scipy: −9


@pytest.mark.parametrize(("subtype", "factor"), [("FLOAT", 4.0), ("FLOAT", 32_768.0), ("DOUBLE", 1.5)])
def test_samples_beyond_full_scale_make_the_sound_softer_and_cut_nothing_off(subtype: str, factor: float) -> None:
    loud = factor * sample() / np.abs(sample()).max()
    recording = audio.read_sound(bytes(wav(loud, subtype=subtype)), name="a.wav")
    assert np.abs(recording.samples - loud / factor).max() < 1e-6
    assert audio.clipped_fraction(recording.samples) == 0


def test_channels_that_cancel_each_other_are_still_heard() -> None:
    hum = tone(SECONDS, frequency=50, amplitude=0.01)
    for channels in ([sample(), -sample()], [0.5 * sample() + hum, -sample() + hum]):
        recording = audio.read_sound(bytes(wav(np.stack(channels, axis=1))), name="a.wav")
        assert audio.level(recording.samples) == pytest.approx(audio.level(sample()), abs=0.5)


def test_silent_channels_take_nothing_from_those_that_hold_sound() -> None:
    surround = np.zeros((len(sample()), 6), np.float32)
    surround[:, 2] = sample()  # the one in the middle, as films have speech
    recording = audio.read_sound(bytes(wav(surround)), name="a.wav")
    assert recording.channels == 6
    assert np.abs(recording.samples - sample()).max() < 1e-4


def test_half_a_minute_from_a_studio_fits() -> None:
    studio = np.random.default_rng(0).normal(0, 0.1, (30 * 48_000, 2))
    for kind, subtype in (("WAV", "PCM_16"), ("WAV", "FLOAT"), ("FLAC", "PCM_16")):
        assert audio.read_sound(bytes(wav(studio, rate=48_000, kind=kind, subtype=subtype)), name="a").seconds == 30


def written(codec: str, kind: str) -> bytes:
    """A file of a codec, by FFmpeg."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=RATE if codec == "tta" else 5)
        if codec == "tta":
            frame = av.AudioFrame.from_ndarray(audio.to_int16(sample())[None], format="s16", layout="mono")
            frame.sample_rate = RATE
        else:
            stream.width = stream.height = 64
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


def test_a_film_without_sound_and_a_codec_that_is_not_read_are_told_as_what_they_are() -> None:
    with pytest.raises(InvalidInputError, match=r"“a\.mp4” holds no sound at all"):
        audio.read_sound(written("mpeg4", "mp4"), name="a.mp4")
    with pytest.raises(InvalidInputError, match=r"“a\.mkv” holds sound as tta, which is not read here"):
        audio.read_sound(written("tta", "matroska"), name="a.mkv")


def repeated(name: str, times: int) -> bytes:
    return (FILES / name).read_bytes() * times


@pytest.mark.parametrize("name", ["no_length.mp3", "broadcast.aac", "messenger.opus", "lossless.oga"])
def test_what_is_longer_than_any_header_says_is_given_up_at_the_limit(name: str) -> None:
    with pytest.raises(InvalidInputError, match="is too long; at most 30 s are allowed"):
        audio.read_sound(repeated(name, 90), name=name)


def test_an_ogg_of_endless_small_sounds_is_refused_at_once() -> None:
    with pytest.raises(InvalidInputError, match="more than 100 sounds"):
        audio.read_sound(repeated("old.spx", 101), name="a.ogg")


@pytest.mark.parametrize("name", KINDS)
def test_half_a_file_is_what_there_is_of_it_or_an_error_for_people(name: str) -> None:
    content = (FILES / name).read_bytes()
    try:
        recording = audio.read_sound(content[: len(content) // 2], name=name)
    except InvalidInputError as error:
        assert "damaged or incomplete" in str(error)
    else:
        assert recording.seconds < 0.75 * SECONDS


def test_a_word_after_nothing_and_a_click_over_a_telephone_is_heard() -> None:
    """As a headset gives it: the line opens after 0.7 s, with a click, and lets 300 to 3,400 Hz through."""
    spectrum = np.fft.rfft(sample())
    frequencies = np.fft.rfftfreq(len(sample()), 1 / RATE)
    word = np.fft.irfft(np.where((frequencies > 300) & (frequencies < 3_400), spectrum, 0), len(sample()))
    for length in (1, 16, 200):
        click = 0.9 * np.hanning(length + 2)[1:-1]
        line, clean = (
            np.concatenate([np.zeros(11_200), opening, word]).astype(np.float32) for opening in (click, 0 * click)
        )
        (window,), (wanted,) = audio.commands(line), audio.commands(clean)
        assert window.start == pytest.approx(wanted.start, abs=audio.HOP)
        assert not audio.cut(line, window)[: 11_200 + length - window.start].any()  # the click is not heard
        assert read_model().hear(line).commands[0].answer == read_model().hear(clean).commands[0].answer
