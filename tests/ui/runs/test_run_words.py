"""What is said beside a figure that is hardly better than guessing, or of few examples."""

import pytest

from ui.runs.run_words import no_better_than_guessing, side_by_side


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ({"accuracy": 90.4, "majority": 90.0}, ", and always saying the most frequent class gets 90.0 %"),
        ({"accuracy": 85.0, "majority": 90.0}, ", and always saying the most frequent class gets 90.0 %"),
        ({"accuracy": 95.0, "majority": 90.0}, ""),
        ({"accuracy": 97.8, "majority": 11.3}, ""),
        ({"accuracy": 90.4}, ""),  # of before it was recorded
        ({"loss": 0.3, "majority": 90.0}, ""),
    ],
)
def test_an_accuracy_that_guessing_reaches_too_says_so(metrics: dict[str, float], said: str) -> None:
    assert no_better_than_guessing(metrics).replace("\N{NO-BREAK SPACE}", " ") == said


@pytest.mark.parametrize(
    ("accuracies", "majority", "num_test", "said"),
    [
        ({"SVM": 98.1, "this network": 97.8}, 11.3, 1_000, "**SVM 98.1 %, this network 97.8 %**."),
        ({"SVM": 98.1}, 11.3, None, "**SVM 98.1 %**."),
        (
            {"Naive Bayes": 90.5},
            90.0,
            1_000,
            "**Naive Bayes 90.5 %**. Always saying the most frequent class gets 90.0 %.",
        ),
        (
            {"Naive Bayes": 200 / 3, "this network": 500 / 9},
            200 / 3,
            9,
            "**Naive Bayes 6 of 9, this network 5 of 9**. Always saying the most frequent class gets 6 of 9. "
            "With so few, one more or less may be chance.",
        ),
        ({"Naive Bayes": 200 / 3}, None, 9, "**Naive Bayes 6 of 9**. With so few, one more or less may be chance."),
    ],
    ids=["many", "about many", "the majority", "a handful", "a handful, of before"],
)
def test_test_figures_are_counted_where_they_are_few_and_compared_where_they_say_little(
    accuracies: dict[str, float], majority: float | None, num_test: int | None, said: str
) -> None:
    assert side_by_side(accuracies, majority, num_test=num_test).replace("\N{NO-BREAK SPACE}", " ") == said
