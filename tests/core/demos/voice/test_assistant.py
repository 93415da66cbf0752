"""The assistant: what every command does in every state, and in which words it answers."""

from itertools import product

import pytest

from core.demos.voice.assistant import MIDDLE, QUESTIONS, SIDE, State, respond

COMMANDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go", "unknown", "nothing heard", "maja")


def after(*commands: str, start: State | None = None) -> State:
    state = start or State()
    for command in commands:
        state = respond(state, command).state
    return state


def test_light_cursor_and_player_obey() -> None:
    assert after("on").light and not after("on", "off").light
    assert after("go").playing and not after("go", "stop").playing
    assert (after("up").column, after("up").row) == (MIDDLE, MIDDLE - 1)
    assert (after("right", "right", "down").column, after("right", "right", "down").row) == (MIDDLE + 2, MIDDLE + 1)
    assert after("left", "right", "up", "down") == State()


@pytest.mark.parametrize("direction", ["up", "down", "left", "right"])
def test_the_cursor_stays_in_its_field_and_offers_to_go_back(direction: str) -> None:
    at_edge = after(*[direction] * (SIDE + 3))
    assert 0 <= at_edge.column < SIDE and 0 <= at_edge.row < SIDE
    assert at_edge.question == "centre"
    assert after("yes", start=at_edge) == State()
    stayed = after("no", start=at_edge)
    assert (stayed.column, stayed.row, stayed.question) == (at_edge.column, at_edge.row, None)


@pytest.mark.parametrize(
    ("commands", "question", "after_yes"),
    [
        (("on", "go", "off"), "stop player", State(light=False, playing=False)),
        (("on", "go", "stop"), "light off", State(light=False, playing=False)),
        (("go",), "light on", State(light=True, playing=True)),
    ],
)
def test_a_question_is_asked_and_yes_does_what_it_offers(
    commands: tuple[str, ...], question: str, after_yes: State
) -> None:
    asked = after(*commands)
    assert asked.question == question
    assert after("yes", start=asked) == after_yes
    refused = respond(asked, "no")
    assert refused.response == "All right, I leave it as it is."
    assert not refused.changed and refused.state.question is None


def test_yes_and_no_without_a_question_say_so() -> None:
    for word in ("yes", "no"):
        turn = respond(State(), word)
        assert turn.response == f"You said {word}, but I have not asked anything."
        assert turn.state == State() and not turn.changed


def test_a_question_waits_through_noise_and_is_repeated_but_another_command_drops_it() -> None:
    asked = after("go")
    for nothing in ("unknown", "nothing heard", "maja"):
        turn = respond(asked, nothing)
        assert turn.state == asked
        assert turn.response.endswith(QUESTIONS["light on"])
    assert after("up", start=asked).question is None


def test_what_is_so_already_is_said_and_changes_nothing() -> None:
    for state, command, said in (
        (State(), "off", "The light is off already."),
        (State(light=True), "on", "The light is on already."),
        (State(), "stop", "The player stands still already."),
        (State(playing=True), "go", "The player plays already."),
    ):
        turn = respond(state, command)
        assert (turn.response, turn.changed, turn.state) == (said, False, state)


def test_every_command_has_an_answer_in_every_state_and_stays_in_the_field() -> None:
    states = [
        State(light, column, row, playing, question)
        for light, playing in product((False, True), repeat=2)
        for column, row in product(range(SIDE), repeat=2)
        for question in (None, *QUESTIONS)
    ]
    for state, command in product(states, COMMANDS):
        turn = respond(state, command)
        assert turn.response.endswith((".", "?")) and turn.command == command
        assert 0 <= turn.state.column < SIDE and 0 <= turn.state.row < SIDE
        same = (state.light, state.column, state.row, state.playing) == (
            turn.state.light,
            turn.state.column,
            turn.state.row,
            turn.state.playing,
        )
        assert turn.changed != same
        if command in ("unknown", "nothing heard", "maja"):
            assert turn.state == state
