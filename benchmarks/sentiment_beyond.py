"""What the release models of Sentiment make of texts that are no film reviews, and of such that do not judge.

    python -m benchmarks.sentiment_beyond

The 79 everyday sentences beside this file were written for it; nothing was trained or chosen on them. The neutral ones
are those that the treebank calls so, in `trees/dev.txt` beside SST-2's folder in the data folder.
"""

from pathlib import Path

from core.data.text import reviews
from core.demos.sentiment.config import RELEASES
from core.demos.sentiment.reader import read_model
from release import treebank

EVERYDAY = Path(__file__).parent / "everyday_sentences.tsv"
NEUTRAL = 2


def neutral_sentences() -> list[str]:
    """Whole dev sentences of the middle class; SST-2 has to be in the data folder."""
    folder = reviews.sst2_folder()
    assert folder is not None
    trees = (folder.parent / "trees" / "dev.txt").read_text(encoding="utf-8").splitlines()
    whole = [list(treebank.phrases(tree))[-1] for tree in trees]
    return [sentence for sentence, number in whole if number == NEUTRAL]


def main() -> None:
    """Print both figures of each release model."""
    everyday, neutral = reviews.read_tsv(EVERYDAY), neutral_sentences()
    for name, model in RELEASES.items():
        reader = read_model(model)
        right = float((reader.probabilities(everyday.texts).argmax(1) == everyday.labels).mean())
        unsure = float((reader.probabilities(neutral).max(1) < reader.sure_from).mean())
        print(
            f"{name}: {100 * right:.1f} % of {len(everyday)} everyday sentences right, "
            f"unsure of {100 * unsure:.1f} % of {len(neutral)} neutral ones"
        )


if __name__ == "__main__":
    main()
