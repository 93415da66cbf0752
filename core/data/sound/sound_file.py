"""Files of sound: telling their format, and decoding them within limits, a block at a time.

Plain WAV, AIFF, AU, CAF, FLAC and Ogg are read by libsndfile (soundfile); what it cannot read, or not to the end, and
all other formats by FFmpeg's decoders (PyAV), which are imported when the first such file comes. Whatever a header
promises, no more is decoded than is allowed, and nothing is kept but samples at the rate that was asked for.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from core.data import formats
from core.data.formats import Format, starts
from core.errors import InvalidInputError

MAX_BYTES = 25_000_000  # a few seconds of video; 30 s of 96 kHz stereo with 32 bits have 23 MB
MAX_SECONDS, MIN_SECONDS, MAX_CHANNELS = 30.0, 0.1, 8
MIN_RATE, MAX_RATE = 8_000, 192_000
PADDING_SECONDS = 0.1  # that encoders of MP3, AAC and Opus add; cut off
UNKNOWN_LENGTH = 2**31  # frames; libsndfile says about 2⁶³ of a FLAC that was written into a pipe
MAX_LINKS = 100  # sounds that are chained in one Ogg file
CODECS = (  # FFmpeg's names of what containers may hold
    *("aac", "ac3", "alac", "amrnb", "amrwb", "eac3", "flac", "gsm", "gsm_ms"),
    *("mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float"),
    *("opus", "speex", "vorbis", "wmalossless", "wmapro", "wmav1", "wmav2", "wmavoice"),
    *("adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "adpcm_yamaha", "g722", "g726", "pcm_alaw", "pcm_mulaw"),
    *("pcm_s8", "pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"),
)

Samples = npt.NDArray[np.float32]  # (N, channels), 1 is full scale
Block = tuple[Samples, int]  # and their rate
Decoder = Callable[[bytes, str, float], Iterator[Block]]  # of (content, name of the file, most seconds)


@dataclass(frozen=True)
class Decoded:
    """A sound at the rate that was asked for, and what its file has."""

    samples: Samples  # (N, channels) in [-1, 1]
    rate: int  # of the file, in Hz
    channels: int  # of the file


class _NotHereError(Exception):
    """This decoder cannot read the file, or not all of it; another one may."""


def decoded(content: bytes, *, name: str, rate: int, most: float = MAX_SECONDS) -> Decoded:
    """Decode a file; its content tells the format.

    Args:
        rate: of the samples that are given, in Hz.
        most: seconds that it may have.

    Raises:
        InvalidInputError: too large, another format, damaged, empty, shorter than 0.1 or longer than `most` seconds,
            too many channels, a rate outside 8 to 192 kHz, or samples that are not numbers.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInputError(
            f"“{name}” has {len(content) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:g} MB are allowed. "
            "Cut out the command."
        )
    if not content:
        raise InvalidInputError(f"“{name}” is empty. Record or export it again.")
    bare = _without_tags(content)
    found = formats.of(bare, FORMATS) or formats.of(content, FORMATS)
    if found is None:
        raise InvalidInputError(
            f"“{name}” is not a {formats.named(FORMATS)} sound, whatever its name says. Save it as one of these."
        )
    try:
        return _gathered(
            found.reader(bare if found.fits(bare) else content, name, most), name=name, rate=rate, most=most
        )
    except _NotHereError as error:
        raise _damaged(name) from error


def _damaged(name: str) -> InvalidInputError:
    return InvalidInputError(f"“{name}” is damaged or incomplete and cannot be read. Record or export it again.")


def _without_tags(content: bytes) -> bytes:
    """What stands behind ID3 tags, which programs put before MP3, AAC and FLAC alike."""
    while content[:3] == b"ID3" and len(content) > 10:
        size = 0
        for seven_bits in content[6:10]:
            size = size << 7 | seven_bits & 0x7F
        footer = 10 if content[5] & 0x10 else 0
        content = content[10 + size + footer :]
    return content


class _Resampler:
    """Blocks of one rate and number of channels → samples at another rate, with the memory of these alone."""

    def __init__(self, channels: int, *, rate: int, target: int) -> None:
        self._parts: list[Samples] = [np.zeros((0, channels), np.float32)]
        self._stream = None
        if rate != target:
            import soxr

            self._stream = soxr.ResampleStream(rate, target, channels, dtype="float32")

    def add(self, samples: Samples) -> None:
        self._parts.append(self._stream.resample_chunk(samples) if self._stream is not None else samples)

    def finished(self) -> Samples:
        if self._stream is not None:
            self._parts.append(self._stream.resample_chunk(self._parts[0], last=True))
        return np.concatenate(self._parts)


def _gathered(blocks: Iterator[Block], *, name: str, rate: int, most: float) -> Decoded:
    """All blocks together, each of them checked: no more is held than what is allowed."""
    parts: list[Samples] = []
    first: tuple[int, int] | None = None  # rate and channels
    now: tuple[int, int] | None = None
    seconds, peak = 0.0, 1.0
    resampler: _Resampler | None = None
    for samples, file_rate in blocks:
        kind = (file_rate, samples.shape[1])
        if resampler is None or kind != now:  # the next sound of a chain may have another rate
            _check_kind(*kind, name=name)
            if resampler is not None:
                parts.append(resampler.finished())
            resampler, now, first = _Resampler(kind[1], rate=file_rate, target=rate), kind, first or kind
        seconds += len(samples) / file_rate
        if seconds > most + PADDING_SECONDS:
            raise _too_long(name, None, most)
        if len(samples):
            loudest = float(max(samples.max(), -samples.min()))
            if not math.isfinite(loudest):
                raise InvalidInputError(
                    f"“{name}” has samples that are not numbers (NaN or infinite). Export it again as 16-bit WAV."
                )
            peak = max(peak, loudest)
            resampler.add(samples)
    if resampler is None or first is None or seconds == 0:
        raise InvalidInputError(f"“{name}” holds no sound at all. Record or export it again.")
    if seconds < MIN_SECONDS:
        raise _too_short(name, seconds)
    parts.append(resampler.finished())
    return Decoded(_fitted(parts, peak, most=round(most * rate)), *first)


def _fitted(parts: list[Samples], peak: float, *, most: int) -> Samples:
    """One sound of at most `most` samples within full scale: made softer as a whole where the file went beyond.

    Filters overshoot by a few per cent; that alone is cut off.
    """
    channels = max(part.shape[1] for part in parts)
    whole = np.concatenate([part if part.shape[1] == channels else _spread(part, channels) for part in parts])
    if peak > 1:
        whole /= np.float32(peak)
    return np.clip(whole[:most], -1, 1, out=whole[:most])


def _spread(samples: Samples, channels: int) -> Samples:
    """Fewer channels as more, each of them the mean."""
    return np.repeat(samples.mean(axis=1, keepdims=True), channels, axis=1)


def _check_kind(rate: int, channels: int, *, name: str) -> None:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise InvalidInputError(
            f"“{name}” has {rate:,} samples a second; allowed are {MIN_RATE:,} to {MAX_RATE:,} "
            f"({MIN_RATE // 1000} to {MAX_RATE // 1000} kHz). Export it with 16 kHz."
        )
    if channels > MAX_CHANNELS:
        raise InvalidInputError(
            f"“{name}” has {channels} channels; at most {MAX_CHANNELS} are allowed. Export it in mono."
        )


def _too_long(name: str, seconds: float | None, most: float) -> InvalidInputError:
    found = "" if seconds is None else f": {seconds:.1f} s"
    return InvalidInputError(f"“{name}” is too long{found}; at most {most:.0f} s are allowed. Cut out the command.")


def _too_short(name: str, seconds: float) -> InvalidInputError:
    return InvalidInputError(
        f"“{name}” is too short: {1000 * seconds:.0f} ms; at least {1000 * MIN_SECONDS:.0f} ms are needed. "
        "Record one to three seconds."
    )


def _by_soundfile(content: bytes, name: str, most: float) -> Iterator[Block]:
    """A second at a time, so that memory follows what is there and not what the header promises."""
    try:
        file = soundfile.SoundFile(io.BytesIO(content))
    except (soundfile.SoundFileError, ValueError, OverflowError) as error:
        raise _NotHereError from error
    with file:
        # Length 0 is written by who never closed the file, and MP3 in a WAV has the troubles of MP3.
        if not 0 < file.frames < UNKNOWN_LENGTH or file.subtype.startswith("MPEG"):
            raise _NotHereError
        _check_kind(file.samplerate, file.channels, name=name)
        seconds = file.frames / file.samplerate
        if seconds > most + PADDING_SECONDS:
            raise _too_long(name, seconds, most)
        for _ in range(math.ceil(seconds)):
            try:
                block = file.read(frames=file.samplerate, dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, ValueError, OverflowError) as error:
                raise _damaged(name) from error
            yield block, file.samplerate
            if len(block) < file.samplerate:
                break


def _by_ffmpeg(demuxer: str) -> Decoder:
    """A decoder of one of FFmpeg's containers; the first track of sound is read, pictures are left alone.

    The demuxer is named and codecs are those of a list: FFmpeg would guess among hundreds, of which some open other
    files.
    """

    def blocks(content: bytes, name: str, most: float) -> Iterator[Block]:
        import av

        try:
            allowed = {"codec_whitelist": ",".join(CODECS)}
            file = io.BytesIO(content)
            with av.open(file, format=demuxer, container_options=allowed, metadata_errors="replace") as container:
                if not container.streams.audio:
                    raise InvalidInputError(f"“{name}” holds no sound at all. Record or export it again.")
                yield from _frames(container, container.streams.audio[0], name)
        except InvalidInputError:  # which is a ValueError, too
            raise
        except (av.error.FFmpegError, ValueError, OverflowError) as error:
            raise _NotHereError from error

    return blocks


def _frames(container: Any, stream: Any, name: str) -> Iterator[Block]:
    """What is decoded of a track; a packet that is damaged is left out, unless most of them are."""
    import av

    codec = stream.codec_context.name if stream.codec_context is not None else "something unknown"
    if codec not in CODECS:
        raise InvalidInputError(f"“{name}” holds sound as {codec}, which is not read here. Save it as WAV or MP3.")
    stream.codec_context.thread_count = 1
    good = bad = 0
    for packet in container.demux(stream):
        try:
            for frame in packet.decode():
                good += 1
                yield _scaled(frame), frame.sample_rate
        except av.error.InvalidDataError:
            bad += 1
    if bad > good:
        raise _damaged(name)


def _scaled(frame: Any) -> Samples:
    """(N, channels) float32 of a frame, whose samples stand beside or one after the other, of any type."""
    samples = frame.to_ndarray()
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels)
    if samples.dtype.kind == "f":
        with np.errstate(over="ignore"):  # becomes infinite, and is refused as such
            return samples.astype(np.float32)
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    return samples.astype(np.float32) / np.float32(2.0 ** (8 * samples.dtype.itemsize - 1))


def _soundfile_or(demuxer: str) -> Decoder:
    """libsndfile's decoder, and FFmpeg's for what that one does not read."""

    def blocks(content: bytes, name: str, most: float) -> Iterator[Block]:
        try:
            yield from _by_soundfile(content, name, most)
        except _NotHereError:
            yield from _by_ffmpeg(demuxer)(content, name, most)

    return blocks


def _by_links(content: bytes, name: str, most: float) -> Iterator[Block]:
    """Each sound of an Ogg file by itself: libsndfile reads the first alone, and FFmpeg only others of its kind."""
    links = _links(content)
    if len(links) > MAX_LINKS:
        raise InvalidInputError(f"“{name}” is more than {MAX_LINKS} sounds in a row. Cut out the command.")
    for link in links:
        yield from _soundfile_or("ogg")(link, name, most)


def _links(content: bytes) -> list[bytes]:
    """The sounds that stand in a row in an Ogg file: each begins with pages that are marked so (RFC 3533)."""
    begins, at, was_first = [0], 0, True
    while (at := content.find(b"OggS", at)) >= 0 and len(content) >= at + 27:
        is_first = bool(content[at + 5] & 2)
        if is_first and not was_first:
            begins.append(at)
        was_first = is_first
        at += 27 + content[at + 26] + sum(content[at + 27 : at + 27 + content[at + 26]])
    return [content[begin:end] for begin, end in pairwise([*begins, len(content)])]


def _is_wav(content: bytes) -> bool:
    return content[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and content[8:12] == b"WAVE"


def _is_mp3(content: bytes) -> bool:
    # tags, or a frame without: eleven bits of sync, then version and layer, of which one value each is reserved
    return content[:3] == b"ID3" or (
        len(content) > 2
        and content[0] == 0xFF
        and content[1] & 0xE0 == 0xE0
        and content[1] & 0x18 != 0x08
        and content[1] & 6 != 0
    )


def _is_adts(content: bytes) -> bool:
    return len(content) > 2 and content[0] == 0xFF and content[1] & 0xF6 == 0xF0  # twelve bits of sync, then layer 0


def _is_mp4(content: bytes) -> bool:
    return content[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free")  # QuickTime need not begin with its type


def _is_aiff(content: bytes) -> bool:
    return content[:4] == b"FORM" and content[8:12] in (b"AIFF", b"AIFC")


FORMATS: tuple[Format[Decoder], ...] = (
    Format("WAV", ("wav",), _is_wav, _soundfile_or("wav")),
    Format("FLAC", ("flac",), starts(b"fLaC"), _soundfile_or("flac")),
    Format("MP3", ("mp3",), _is_mp3, _by_ffmpeg("mp3")),  # libsndfile stops early where the length is not written
    Format("OGG", ("ogg", "oga", "opus", "spx"), starts(b"OggS"), _by_links),
    Format("M4A/MP4", ("m4a", "mp4", "m4b", "mov", "3gp", "3g2"), _is_mp4, _by_ffmpeg("mov")),
    Format("WebM", ("webm", "weba", "mka", "mkv"), starts(b"\x1aE\xdf\xa3"), _by_ffmpeg("matroska")),
    Format("AAC", ("aac",), _is_adts, _by_ffmpeg("aac")),
    Format("AMR", ("amr", "awb"), starts(b"#!AMR"), _by_ffmpeg("amr")),
    Format("CAF", ("caf",), starts(b"caff"), _soundfile_or("caf")),
    Format("AIFF", ("aiff", "aif", "aifc"), _is_aiff, _soundfile_or("aiff")),
    Format("AU", ("au", "snd"), starts(b".snd"), _soundfile_or("au")),
    Format("WMA", ("wma", "asf"), starts(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), _by_ffmpeg("asf")),
)
