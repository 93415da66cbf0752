"""A small assistant with a light, a cursor, a player and questions: a state and a command in, a state and words out.

Nothing here hears, draws or speaks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

SIDE = 5  # cells of the cursor's field
MIDDLE = SIDE // 2
STEPS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}

Question = Literal["stop player", "light off", "light on", "centre"]
QUESTIONS: dict[Question, str] = {
    "stop player": "The player still plays. Shall I stop it too?",
    "light off": "The light is still on. Shall I switch it off too?",
    "light on": "It is dark. Shall I switch the light on?",
    "centre": "The cursor is at the edge. Shall I put it into the middle?",
}


@dataclass(frozen=True)
class State:
    """Everything that commands can change."""

    light: bool = False
    column: int = MIDDLE  # 0 is left
    row: int = MIDDLE  # 0 is on top
    playing: bool = False
    question: Question | None = None  # what waits for yes or no


@dataclass(frozen=True)
class Turn:
    """What a command did."""

    command: str
    state: State
    response: str  # in words, to be read or spoken
    changed: bool  # whether light, cursor or player are different now


def respond(state: State, command: str) -> Turn:
    """The next state and the assistant's words.

    Args:
        command: an answer of a voice network: a word, "unknown" or "nothing heard". What has no meaning here changes
            nothing; every other command drops a question that waits.
    """
    following, response = _next(state, command)
    things = [(one.light, one.column, one.row, one.playing) for one in (state, following)]
    return Turn(command, following, response, changed=things[0] != things[1])


def _next(state: State, command: str) -> tuple[State, str]:
    done = replace(state, question=None)
    if command in STEPS:
        return _moved(done, command)
    match command:
        case "on" | "off":
            return _switched(done, command == "on")
        case "go" | "stop":
            return _played(done, command == "go")
        case "yes" | "no":
            return _answered(state, command == "yes")
        case "nothing heard":
            return state, _again("I heard nothing.", state)
        case "unknown":
            return state, _again("I did not understand that.", state)
    return state, _again(f"You said “{command}”. I know the word, but nothing here obeys it.", state)


def _again(response: str, state: State) -> str:
    """The question that still waits, repeated."""
    return f"{response} {QUESTIONS[state.question]}" if state.question is not None else response


def _asking(state: State, response: str, question: Question) -> tuple[State, str]:
    return replace(state, question=question), f"{response} {QUESTIONS[question]}"


def _moved(state: State, direction: str) -> tuple[State, str]:
    across, down = STEPS[direction]
    column, row = state.column + across, state.row + down
    if not (0 <= column < SIDE and 0 <= row < SIDE):
        return replace(state, question="centre"), QUESTIONS["centre"]
    return replace(state, column=column, row=row), f"The cursor moved {direction}."


def _switched(state: State, on: bool) -> tuple[State, str]:
    word = "on" if on else "off"
    if state.light == on:
        return state, f"The light is {word} already."
    switched = replace(state, light=on)
    if not on and state.playing:
        return _asking(switched, "The light is off.", "stop player")
    return switched, f"The light is {word}."


def _played(state: State, go: bool) -> tuple[State, str]:
    if state.playing == go:
        return state, "The player plays already." if go else "The player stands still already."
    played = replace(state, playing=go)
    if go:
        return (played, "The player plays.") if state.light else _asking(played, "The player plays.", "light on")
    return _asking(played, "The player stopped.", "light off") if state.light else (played, "The player stopped.")


def _answered(state: State, yes: bool) -> tuple[State, str]:
    if state.question is None:
        return state, f"You said {'yes' if yes else 'no'}, but I have not asked anything."
    done = replace(state, question=None)
    if not yes:
        return done, "All right, I leave it as it is."
    match state.question:
        case "stop player":
            return replace(done, playing=False), "The player stopped."
        case "light off":
            return replace(done, light=False), "The light is off."
        case "light on":
            return replace(done, light=True), "The light is on."
        case "centre":
            return replace(done, column=MIDDLE, row=MIDDLE), "The cursor is in the middle."
