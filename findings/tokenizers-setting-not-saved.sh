#!/usr/bin/env bash
# A tokenizer that was told to read special tokens in a text as text forgets it when it is saved, copied or pickled.
#
# Why it surprises: tokenizer.json holds everything else of the pipeline (normaliser, truncation, padding, added tokens),
# and a saved tokenizer is expected to cut a text as the one that was trained with. `encode_special_tokens` is a property
# of the same object, is not in the file, and is False again after to_str and from_str, after copy.deepcopy and after
# pickle (so in every worker of a data loader). A film review that contains "[SEP]" or "[PAD]" is then cut in two, or
# partly masked, by the very tokenizer that read it as words in training.
#
# What helps: set it again after each reading.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tokenizers==0.23.3
"$folder/venv/bin/python" - <<'PYTHON'
import copy
import pickle
import sys

import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers

print("tokenizers", tokenizers.__version__)
words = ["[UNK]", "[SEP]", "a", "film", "[", "SEP", "]"]
tokenizer = Tokenizer(models.WordPiece({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.add_special_tokens(["[SEP]"])
tokenizer.encode_special_tokens = True
later = {
    "as it was set": tokenizer,
    "to_str, from_str": Tokenizer.from_str(tokenizer.to_str()),
    "copy.deepcopy": copy.deepcopy(tokenizer),
    "pickle": pickle.loads(pickle.dumps(tokenizer)),
}
for name, one in later.items():
    print(f"{name:17s} encode_special_tokens {one.encode_special_tokens!s:5s} {one.encode('a [SEP] film').tokens}")
print("in the file:", "encode_special_tokens" in tokenizer.to_str())
as_seen = [one.encode_special_tokens for one in later.values()] == [True, False, False, False]
sys.exit(not as_seen or "encode_special_tokens" in tokenizer.to_str())
PYTHON
