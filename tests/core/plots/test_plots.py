"""What the figures say: the tuples they are drawn from, their sentences, and that their colours can be read."""

import itertools
import math
import tomllib
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from core.contract import Ended, Evaluated, Event, Metric, Stepped
from core.plots import confusion, curves, history, pictures, probabilities
from core.plots.template import DARK, LIGHT, Palette, palette, twins
from core.plots.words import certainty, joined, number, percent
from tests.support.paths import ROOT

DIGITS = [str(digit) for digit in range(10)]
SURE_OF_7 = [0.001, 0.012, 0.0, 0.003, 0.0, 0.002, 0.0, 0.973, 0.0, 0.009]
LOSS = Metric("loss", "Loss")
ACCURACY = Metric("accuracy", "Accuracy", "%", goal="max")
NO_BREAK = "\u00a0"


def run(epochs: int, steps_per_epoch: int = 100) -> list[Event]:
    """A run whose accuracy is best after epoch 2."""
    events: list[Event] = []
    for step in range(1, epochs * steps_per_epoch + 1):
        epoch = step / steps_per_epoch
        events.append(Stepped(step, epoch, {"loss": 2 / epoch, "accuracy": 50 + epoch}))
        if step % steps_per_epoch == 0:
            events.append(Evaluated(step, epoch, {"loss": 2 / epoch + 0.1, "accuracy": 90 - abs(epoch - 2)}))
    return [*events, Ended(step, epoch, "completed", "", {"accuracy": 1.0})]


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lightness(color: str) -> float:
    """CIE L*, another uniform measure than the one the scales were made with."""
    share = luminance(color)
    return 116 * share ** (1 / 3) - 16 if share > 0.008856 else 903.3 * share


class TestTemplate:
    @pytest.mark.parametrize("colors", [LIGHT, DARK])
    def test_text_colours_have_a_contrast_of_at_least_four_and_a_half(self, colors: Palette) -> None:
        for color in (colors.text, colors.muted, colors.accent, colors.second):
            assert contrast(color, colors.background) >= 4.5, color

    @pytest.mark.parametrize("colors", [LIGHT, DARK])
    def test_the_sequential_scale_changes_lightness_in_nearly_equal_steps(self, colors: Palette) -> None:
        steps = np.diff([lightness(color) for color in colors.sequential])
        assert (np.sign(steps) == np.sign(steps[0])).all()
        assert abs(steps).max() < 2 * abs(steps).min()

    @pytest.mark.parametrize("colors", [LIGHT, DARK])
    def test_the_diverging_scale_is_equally_strong_on_both_sides_of_zero(self, colors: Palette) -> None:
        levels = np.array([lightness(color) for color in colors.diverging])
        assert abs(levels - levels[::-1]).max() < 9  # of 100
        assert abs(levels - levels[4]).argmin() == 4

    def test_every_colour_has_one_twin_in_the_other_mode(self) -> None:
        there, back = twins(dark=False), twins(dark=True)
        assert all(back[twin] in (color, LIGHT.accent, LIGHT.series[0]) for color, twin in there.items())
        for mode in (False, True):
            colors, other, table = palette(mode), palette(not mode), twins(mode)
            assert [table[color] for color in colors.series] == list(other.series)
            assert [table[color] for color in colors.diverging] == list(other.diverging)
            assert table[colors.second] == other.second

    def test_the_page_theme_uses_the_same_colours(self) -> None:
        config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
        for mode, colors in (("light", LIGHT), ("dark", DARK)):
            theme = config["theme"][mode]
            assert theme["primaryColor"] == colors.accent
            assert theme["backgroundColor"] == colors.background
            assert theme["textColor"] == colors.text
            assert tuple(theme["chartCategoricalColors"]) == colors.series
            assert set(colors.sequential) <= set(theme["chartSequentialColors"])


class TestWords:
    @pytest.mark.parametrize(
        ("share", "text"),
        [(0, "0_%"), (1, "100_%"), (0.973, "97.3_%"), (0.0004, "<_0.1_%"), (0.99999, ">_99.9_%"), (0.001, "0.1_%")],
    )
    def test_percentages_never_round_to_nothing_or_everything(self, share: float, text: str) -> None:
        assert percent(share) == text.replace("_", NO_BREAK)

    def test_numbers_carry_their_unit(self) -> None:
        assert number(97.84, "%") == f"97.8{NO_BREAK}%"
        assert number(0.012345) == "0.0123"
        assert number(31200, "examples/s") == f"31200{NO_BREAK}examples/s"
        assert number(math.nan) == "not a number"

    def test_lists_are_joined_as_people_write_them(self) -> None:
        assert [joined(list("abc")[:count]) for count in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


class TestProbabilities:
    def test_bars_keep_the_order_of_the_classes_and_only_the_winner_has_the_accent(self) -> None:
        bars = probabilities.probability_bars(DIGITS, SURE_OF_7, dark=False).data[0]
        assert list(bars.x) == SURE_OF_7
        assert [digit for digit, color in enumerate(bars.marker.color) if color == LIGHT.accent] == [7]

    def test_where_the_winner_is_no_answer_no_bar_has_the_accent_and_the_order_stays(self) -> None:
        bars = probabilities.probability_bars(DIGITS, SURE_OF_7, dark=False, stands=False).data[0]
        assert list(bars.x) == SURE_OF_7
        assert [digit for digit, color in enumerate(bars.marker.color) if color == LIGHT.muted] == [7]
        assert LIGHT.accent not in bars.marker.color

    def test_the_sentence_names_the_three_most_probable_classes(self) -> None:
        sentence = probabilities.probabilities_sentence(DIGITS, SURE_OF_7).replace(NO_BREAK, " ")
        assert sentence == "Answer: 7 with 97.3 %, then 1 with 1.2 % and 9 with 0.9 %."


class TestCurves:
    def test_training_and_validation_are_read_per_metric_with_the_best_epoch(self) -> None:
        info = curves.curves_info(run(3), select=ACCURACY)
        assert info.validation["accuracy"] == curves.Line((1.0, 2.0, 3.0), (89.0, 90.0, 89.0))
        assert info.train["loss"].x[-1] == 3.0
        assert info.best_epoch == 2.0

    def test_without_a_selecting_metric_there_is_no_best_epoch(self) -> None:
        assert curves.curves_info(run(2), select=None).best_epoch is None

    def test_the_best_epoch_of_a_metric_to_minimise_is_the_lowest(self) -> None:
        assert curves.curves_info(run(3), select=LOSS).best_epoch == 3.0

    def test_values_that_are_not_finite_are_left_out(self) -> None:
        events = [Stepped(1, 0.1, {"loss": 1.0}), Stepped(2, 0.2, {"loss": math.nan}), Stepped(3, 0.3, {"loss": 2.0})]
        assert curves.curves_info(events, select=None).train["loss"] == curves.Line((0.1, 0.3), (1.0, 2.0))

    @pytest.mark.parametrize("count", [500, 501, 1000, 4097, 20_000])
    def test_thinning_keeps_the_ends_and_every_extreme(self, count: int) -> None:
        values = np.random.default_rng(0).normal(size=count)
        values[count // 3] = 99.0
        line = curves.thin(list(enumerate(values.tolist())), 500)
        assert len(line.x) <= 500
        assert line.x[-1] == count - 1
        assert max(line.y) == 99.0
        assert min(line.y) == values.min()
        assert list(line.x) == sorted(line.x)

    def test_a_growing_line_keeps_the_points_it_showed(self) -> None:
        values = np.random.default_rng(0).normal(size=1210).tolist()
        shorter, longer = (curves.thin(list(enumerate(values[:end])), 500) for end in (1200, 1210))
        assert set(shorter.x[:-3]) <= set(longer.x)

    @pytest.mark.parametrize("events", [[], run(1)[:5], run(1), run(4)])
    def test_the_figure_always_has_the_same_traces(self, events: list[Event]) -> None:
        fig = curves.curves_figure(curves.curves_info(events, select=ACCURACY), LOSS, dark=True, uirevision="ab12cd")
        assert [trace.name for trace in fig.data] == ["train", "validation", "best epoch"]
        assert fig.layout.uirevision == "ab12cd"
        assert fig.data[0].line.dash != fig.data[1].line.dash

    def test_the_best_epoch_is_marked_at_its_place_with_its_value(self) -> None:
        fig = curves.curves_figure(curves.curves_info(run(3), select=ACCURACY), ACCURACY, dark=False)
        assert (fig.data[2].x, fig.data[2].y) == ((2.0,), (90.0,))
        assert f"best: epoch 2 · 90.0{NO_BREAK}%" in [note.text for note in fig.layout.annotations]

    @pytest.mark.parametrize(("spike", "kind"), [(3.0, None), (5e4, "log")])
    def test_a_spike_that_would_flatten_the_loss_makes_the_axis_logarithmic_and_says_so(
        self, spike: float, kind: str | None
    ) -> None:
        events = [*run(3)[20:], Stepped(301, 3.01, {"loss": spike}), Stepped(310, 3.1, {"loss": 0.1})]
        fig = curves.curves_figure(curves.curves_info(events, select=ACCURACY), LOSS, dark=False)
        notes = {note.text: note for note in fig.layout.annotations}
        assert fig.layout.yaxis.type == kind
        assert any("log scale" in text for text in notes) == (kind == "log")
        assert notes["train"].y == pytest.approx(-1 if kind else 0.1)  # Plotly wants the exponent on a log axis

    def test_labels_at_the_ends_of_lines_do_not_touch(self) -> None:
        assert curves.spread([10.0, 11.0, 50.0], 16) == [2.5, 18.5, 50.0]
        placed = sorted(curves.spread([5.0, 5.0, 12.0, 30.0], 16))
        assert all(b - a >= 16 - 1e-9 for a, b in itertools.pairwise(placed))

    def test_runs_are_compared_with_different_colours_and_dashes(self) -> None:
        runs = {name: curves.curves_info(run(2), select=ACCURACY) for name in ("ab12cd", "ef34gh", "ij56kl")}
        fig = curves.compare_figure(runs, ACCURACY, dark=False)
        assert len({trace.line.color for trace in fig.data}) == len({trace.line.dash for trace in fig.data}) == 3
        assert "ab12cd 90.0" in curves.compare_sentence(runs, ACCURACY)

    def test_the_sentence_has_the_newest_values(self) -> None:
        info = curves.curves_info(run(3), select=ACCURACY)
        assert curves.curves_sentence(info, ACCURACY).replace(NO_BREAK, " ") == (
            "Accuracy: training 53.0 % after epoch 3, validation 89.0 % after epoch 3. Best epoch so far: 2."
        )
        assert curves.curves_sentence(curves.curves_info([], select=None), LOSS) == "Loss: nothing measured yet."


class TestHistory:
    def test_it_is_thinned_from_the_newest_answer_back(self) -> None:
        table = np.full((1000, 10), 0.1)
        info = history.history_info(np.linspace(0, 5, 1000).tolist(), table.tolist(), DIGITS, highlighted=7)
        assert len(info.epochs) <= history.MAX_COLUMNS
        assert info.epochs[-1] == 5.0
        assert info.probabilities.shape == (len(info.epochs), 10)

    def test_the_winner_of_the_newest_answer_is_followed_unless_told_otherwise(self) -> None:
        info = history.history_info([0.0, 3.0], [[0.1] * 10, SURE_OF_7], DIGITS)
        assert info.highlighted == 7
        assert history.history_sentence(info).replace(NO_BREAK, " ") == (
            "7 went from 10.0 % at epoch 0.0 to 97.3 % at epoch 3.0, over 2 answers."
        )

    def test_a_single_answer_can_be_drawn_and_told(self) -> None:
        info = history.history_info([0.5], [SURE_OF_7], DIGITS)
        assert history.history_sentence(info).endswith("over 1 answer.")
        fig = history.answer_history(info, dark=True)
        assert np.asarray(fig.data[0].z).shape == (10, 1)


class TestConfusion:
    COUNTS = ((8, 2), (0, 0))

    def test_shares_are_of_the_true_class_and_an_empty_class_has_none(self) -> None:
        info = confusion.confusion_info(self.COUNTS, ["cat", "dog"])
        assert info.fractions.tolist() == [[0.8, 0.2], [0.0, 0.0]]

    def test_cells_show_counts_and_empty_cells_nothing(self) -> None:
        fig = confusion.confusion_figure(confusion.confusion_info(self.COUNTS, ["cat", "dog"]), dark=False)
        assert [list(row) for row in fig.data[0].text] == [["8", "2"], ["", ""]]

    def test_the_sentence_names_the_most_frequent_mistake(self) -> None:
        sentence = confusion.confusion_sentence(confusion.confusion_info(self.COUNTS, ["cat", "dog"]))
        assert sentence.replace(NO_BREAK, " ") == (
            "8 of 10 right (80.0 %). The most frequent mistake: a true cat taken for dog, 2 times."
        )


class TestPictures:
    def test_a_picture_is_enlarged_without_smoothing(self) -> None:
        image = np.zeros((28, 28))
        image[3, 4] = 1.0
        enlarged = np.asarray(pictures.picture(image, 112, dark=True))
        assert enlarged.shape == (112, 112, 3)
        assert len(np.unique(enlarged.reshape(-1, 3), axis=0)) == 2
        assert (enlarged[12:16, 16:20] == enlarged[12, 16]).all()

    @pytest.mark.parametrize(("shape", "size"), [((280, 280), 112), ((97, 230), 112), ((28, 20), 56), ((28, 28), 28)])
    def test_a_picture_of_another_size_has_the_colours_of_its_pixels(self, shape: tuple[int, int], size: int) -> None:
        image = np.random.default_rng(0).random(shape, dtype=np.float32)
        whole = pictures.picture(image, max(shape), dark=False)  # no pixel is left out or repeated
        sized = pictures.picture(image, size, dark=False)
        assert (np.asarray(sized) == np.asarray(whole.resize(sized.size, Image.Resampling.NEAREST))).all()
        assert max(sized.size) == size

    def test_few_pixels_of_a_large_picture_are_coloured(self) -> None:
        image = np.zeros((1000, 1000), np.float32)
        tracemalloc.start()
        pictures.picture(image, 112, dark=False)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 1000 * 1000 * 3

    @pytest.mark.parametrize("dark", [False, True])
    def test_ink_is_far_from_paper_in_both_modes(self, dark: bool) -> None:
        ramp = np.asarray(pictures.picture(np.array([[0.0, 1.0]]), 2, dark=dark)).astype(int)
        assert abs(ramp[0, 1] - ramp[0, 0]).min() > 180
        assert (ramp[0, 1] > ramp[0, 0]).all() == dark

    def test_a_gallery_has_as_many_rows_as_it_needs(self) -> None:
        images, captions = [np.ones((28, 28))] * 4, ["true 4 · said 9"] * 4
        sheet = pictures.gallery(images, captions, columns=3, dark=False)
        assert sheet.width == pictures.gallery_width(4, columns=3) * pictures.DENSITY
        two_rows, one_row = sheet.height, pictures.gallery(images[:3], captions[:3], columns=3, dark=False).height
        assert two_rows == 2 * one_row
        assert pictures.gallery_sentence(captions[:2]) == "2 pictures: true 4 · said 9; true 4 · said 9."


def test_certainty_grows_with_the_probability() -> None:
    words = [certainty(share) for share in (0.2, 0.4, 0.6, 0.8, 0.95)]
    assert words == ["guessing", "unsure", "fairly sure", "sure", "very sure"]
