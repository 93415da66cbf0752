#!/usr/bin/env bash
# An emoji beside a word makes BERT's tokenizer lose the word: "great😀" is one unknown token, as if nothing were said.
#
# Why it surprises: the tokenizer sets a space around every Chinese character and every punctuation sign, and a "$" counts
# as one, so "great!", "great$" and "great好" keep their word. An emoji is a symbol to Unicode, neither of these, so it stays
# part of the word, and a word with one unknown letter is unknown as a whole (WordPiece has no piece for the rest). With
# a space between them only the emoji is unknown. In reviews and messages that is the sentence's one word of praise.
#
# What helps: split at emoji before WordPiece sees the word (pre_tokenizers.Split), or read them as words. Both are steps
# of the tokenizer, so they are saved with it; the last lines do so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tokenizers==0.23.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

WORDS = ["[UNK]", "great", "!", "$", "film"]
BERT = pre_tokenizers.BertPreTokenizer()


def tokenizer(pre_tokenizer):
    made = Tokenizer(models.WordPiece(vocab={word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizer
    return made


usual = tokenizer(BERT)
split = tokenizer(pre_tokenizers.Sequence([pre_tokenizers.Split(Regex("[\U0001f300-\U0001faff]"), "isolated"), BERT]))
for text in ("great!", "great$", "great好", "great 😀", "great😀", "great😀film"):
    print(f"{text:<12} {usual.encode(text).tokens} {split.encode(text).tokens}")
lost = "great" not in usual.encode("great😀").tokens and "great" in usual.encode("great!").tokens
sys.exit(0 if lost and split.encode("great😀film").tokens == ["great", "[UNK]", "film"] else "this has changed")
PYTHON
