"""The curve over the sentences of a text."""

import pytest

from core.plots.sentences import sentence_curve_figure, sentence_curve_info, sentence_curve_sentence

INFO = sentence_curve_info("positive", ["Good.", "Bad <b>food</b>.", "Fine."], [0.9, 0.2, 0.6], 0.7)


@pytest.mark.parametrize("dark", [False, True])
def test_the_curve_has_a_point_for_each_sentence_and_a_line_for_the_whole(dark: bool) -> None:
    curve, whole = sentence_curve_figure(INFO, dark=dark).data
    assert list(curve.x) == [1, 2, 3]
    assert list(curve.y) == pytest.approx([90, 20, 60])
    assert curve.customdata[1] == "Bad &lt;b>food&lt;/b>."
    assert list(whole.y) == [70, 70]


def test_the_curve_is_told_in_words() -> None:
    said = sentence_curve_sentence(INFO).replace("\xa0", " ")
    assert said == (
        "The whole text is 70.0 % positive; of 3 sentences 2 lean to it. The highest is sentence 1 with 90.0 %, the "
        "lowest sentence 2 with 20.0 %."
    )
