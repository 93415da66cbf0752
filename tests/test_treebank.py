"""The treebank's trees, read as phrases that say how positive they are."""

from pathlib import Path

import pytest
import torch

from release import treebank

TREES = """\
(3 (2 It) (4 (2 's) (4 (2 a) (4 (4 lovely) (2 film)))))
(1 (2 (2 -LRB-) (2 It) ) (1 (1 (2 is) (1 n't)) (3 (2 co-writer\\/director) (3 lovely))))
"""


def test_every_phrase_of_a_tree_is_read_with_its_class() -> None:
    first, second = TREES.splitlines()
    assert list(treebank.phrases(first))[-3:] == [
        ("a lovely film", 4),
        ("'s a lovely film", 4),
        ("it 's a lovely film", 3),
    ]
    assert list(treebank.phrases(second))[-1] == ("( it is n't co-writer/director lovely", 1), "in GLUE's spelling"


def test_a_phrase_is_as_positive_as_its_classes_and_short_ones_that_say_nothing_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "trees.txt"
    path.write_text(TREES)
    phrases, positive = treebank.read(path, without={"a lovely film"})
    found = dict(zip(phrases, positive.tolist(), strict=True))
    assert found["it 's a lovely film"] == pytest.approx(0.85)
    assert found["lovely"] == pytest.approx((0.85 + 0.97) / 2), "the mean of both"
    assert found["is n't"] == pytest.approx(0.15)
    in_order = ["lovely", "lovely film", "'s a lovely film", "it 's a lovely film"]
    assert phrases[:4] == in_order, "always the same order, and no short phrase that says nothing"


def test_the_loss_takes_probabilities_as_well_as_labels() -> None:
    logits = torch.tensor([[0.3, -1.2], [2.0, 0.5]])
    labels = torch.tensor([0, 1])
    expected = torch.nn.functional.cross_entropy(logits, labels)
    torch.testing.assert_close(treebank.loss(logits, labels), expected)
    torch.testing.assert_close(treebank.loss(logits, labels.float()), expected)
    exactly = logits.softmax(1)[:, 1]
    logits.requires_grad_()
    treebank.loss(logits, exactly).backward()
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, torch.zeros(2, 2), msg="no gradient where the answer is what was asked for")
