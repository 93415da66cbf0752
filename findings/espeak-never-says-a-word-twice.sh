#!/usr/bin/env bash
# eSpeak NG says the same word differently each time within a process, in the same voice, speed and pitch.
#
# Why it surprises: it is a formant synthesiser that computes speech from rules and has no seed; two new processes say
# the same thing, sample for sample. But within a process what is said depends on all that was said before: length and
# samples change from call to call, although voice, speed and pitch are set anew before each. So a set of synthetic
# speech that one process makes in another order, or from where it was interrupted, is another set; a hash of one clip
# cannot be compared with the clip made alone.
#
# What helps: a process for each unit that has to come out the same again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check espeakng-loader==0.2.4
cat > "$folder/speak.py" <<'PYTHON'
import ctypes
import hashlib

import espeakng_loader

SYNCHRONOUS, RATE, PITCH, UTF8, DO_NOT_EXIT = 2, 1, 3, 1, 0x8000
library = ctypes.CDLL(espeakng_loader.get_library_path())
library.espeak_Info.restype = ctypes.c_char_p
assert library.espeak_Initialize(SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), DO_NOT_EXIT) > 0
chunks = []


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
def arrived(samples, count, events):
    if samples and count > 0:
        chunks.append(ctypes.string_at(samples, 2 * count))
    return 0


library.espeak_SetSynthCallback(arrived)
print("eSpeak NG", library.espeak_Info(None).decode())
for _ in range(4):
    chunks.clear()
    assert library.espeak_SetVoiceByName(b"en-us") == 0
    library.espeak_SetParameter(RATE, 160, 0)
    library.espeak_SetParameter(PITCH, 50, 0)
    library.espeak_Synth(b"stop", 5, 0, 0, 0, UTF8, None, None)
    sound = b"".join(chunks)
    print(f"“stop”: {len(sound) // 2} samples, {hashlib.sha256(sound).hexdigest()[:12]}")
PYTHON
export PYTHONIOENCODING=utf-8
first=$("$folder/venv/bin/python" "$folder/speak.py")
second=$("$folder/venv/bin/python" "$folder/speak.py")
echo "$first"
[ "$first" = "$second" ] && echo "Another process says the same four."
different=$(echo "$first" | tail -n +2 | sort -u | wc -l)
echo "$different different sounds of four."
[ "$first" = "$second" ] && [ "$different" -gt 1 ]
