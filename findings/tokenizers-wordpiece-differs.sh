#!/usr/bin/env bash
# WordPieceTrainer learns another vocabulary from the same texts each time, in one process too; BpeTrainer does not.
#
# Why it surprises: both count pairs and merge the most frequent one, there is no random number in the method, and the
# trainer has no seed to fix. But ties are broken by numbers that the pieces get in the order of a hash table, and of the
# continuing letters ("##a"), which only WordPiece has, that order is another one in each training. So not only the
# numbers differ but the pieces themselves, and embeddings or a checkpoint do not fit a tokenizer that was trained again
# "with the same seed".
#
# What helps: give all single letters, the continuing ones too, as special tokens in a fixed order, then build a new
# model from the vocabulary. The last line does so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tokenizers==0.23.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

TEXT = """the cat sat on the mat and the dog ran after a cart of hats while rain fell on tin roofs near the old
tower where seven sailors told tales of storms whales islands and songs that nobody else had ever heard before"""
TRAININGS = 8


def vocabulary(model, trainer):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(TEXT.splitlines(), trainer)
    return tokenizer.get_vocab()


def told(name, trained):
    numbered = {tuple(sorted(one.items())) for one in trained}
    pieces = {frozenset(one) for one in trained}
    print(f"{name}: {TRAININGS} trainings, {len(numbered)} vocabularies, {len(pieces)} when numbers do not count")
    return len(numbered), len(pieces)


print("tokenizers", tokenizers.__version__)
options = {"vocab_size": 90, "show_progress": False}
letters = [f"##{letter}" for letter in sorted(set(TEXT) - set(" \n"))]
wordpiece = [
    vocabulary(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(special_tokens=["[UNK]"], **options))
    for _ in range(TRAININGS)
]
bpe = [
    vocabulary(models.BPE(unk_token="[UNK]"), trainers.BpeTrainer(special_tokens=["[UNK]"], **options))
    for _ in range(TRAININGS)
]
fixed = [
    vocabulary(
        models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(special_tokens=["[UNK]", *letters], **options)
    )
    for _ in range(TRAININGS)
]
num_wordpiece, num_pieces = told("WordPieceTrainer", wordpiece)
num_bpe, _ = told("BpeTrainer", bpe)
num_fixed, _ = told("WordPieceTrainer with all continuing letters given", fixed)
sys.exit(not (num_wordpiece > 1 and num_pieces > 1 and num_bpe == 1 and num_fixed == 1))
PYTHON
