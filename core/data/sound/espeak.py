"""A program that speaks: `python -m core.data.sound.espeak`, utterances in, samples out. Nothing imports this module.

eSpeak NG is under the GPL, so it is loaded into a process of its own that does nothing but this.

Each line on standard input is JSON, `{"text": "stop", "voice": "en-us+f2", "rate": 160, "pitch": 50}`: words a minute,
pitch from 0 to 99. The answer on standard output is the number of samples as 4 bytes, little-endian, then the samples
as 16-bit integers, mono, 22,050 Hz. Ends with standard input.
"""

import ctypes
import json
import struct
import sys

import espeakng_loader

RATE = 22_050
SYNCHRONOUS = 2  # samples come through the callback, before espeak_Synth returns
RATE_PARAMETER, PITCH_PARAMETER = 1, 3
UTF8 = 1
DO_NOT_EXIT = 0x8000  # on an error
SEED = 1  # of the noise in breathy voices, which else depends on the time of day

Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def main() -> None:
    """Speak until standard input ends."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    if library.espeak_Initialize(SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), DO_NOT_EXIT) != RATE:
        raise SystemExit("eSpeak NG could not be started: its voices are missing. Install espeakng-loader again.")
    library.espeak_ng_SetRandSeed(ctypes.c_long(SEED))
    chunks: list[bytes] = []

    def arrived(samples: int | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            chunks.append(ctypes.string_at(samples, 2 * count))
        return 0

    callback = Callback(arrived)
    library.espeak_SetSynthCallback(callback)
    for line in sys.stdin.buffer:
        wanted = json.loads(line)
        if library.espeak_SetVoiceByName(wanted["voice"].encode()) != 0:
            raise SystemExit(f"eSpeak NG has no voice {wanted['voice']}.")
        library.espeak_SetParameter(RATE_PARAMETER, wanted["rate"], 0)
        library.espeak_SetParameter(PITCH_PARAMETER, wanted["pitch"], 0)
        text = wanted["text"].encode()
        chunks.clear()
        library.espeak_Synth(text, len(text) + 1, 0, 0, 0, UTF8, None, None)
        sound = b"".join(chunks)
        sys.stdout.buffer.write(struct.pack("<i", len(sound) // 2) + sound)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
