"""The user's own words: record at least five examples of each, review them, and teach them to the release model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import demos
from core.contract import Task
from core.data.formats import named, suffixes
from core.data.sound import audio, own_words, speech
from core.data.sound.speech import CORE_WORDS, OTHER_WORDS
from core.demos.voice.config import VoiceConfig, words_of
from core.errors import GlassboxError
from core.knobs import Config, to_json
from ui.demos.voice.answer import decibels
from ui.demos.voice.browser import microphone_hint
from ui.demos.voice.player import ELSEWHERE, play
from ui.frame.errors import show_error, shown_errors
from ui.frame.fragments import fragment
from ui.frame.state import record
from ui.frame.visitor import hearer
from ui.frame.words import plain
from ui.runs import train
from ui.widgets import data_panel, uploads
from ui.widgets.form import change_form, set_form

KEY = "voice.teach"
PLAYER = 190  # px
USES = {"train": "to learn", "validation": "to validate", "test": "to test"}
PLACE = (
    "Kept on the machine that runs this studio. Everybody who uses it can teach them to a network, and delete them; "
    "only the browser that recorded them can play them. What was deleted can be brought back for a day."
)


def panel(task: Task, *, expanded: bool) -> None:
    """Everything that is done with own words before they are learned."""
    with st.expander("Teach it a word of your own", icon=":material/record_voice_over:", expanded=expanded):
        st.caption(
            f"Any word, in any language: record it {own_words.MIN_EXAMPLES} times, a little differently each time. "
            "Then the answer layer of the release model learns it within half a minute, and keeps the words it knows."
        )
        fragment(_panel)(task)


def config_of(task: Task, words: Sequence[str]) -> VoiceConfig:
    """The preset that teaches own words, for the release model's words and these."""
    preset = next(preset for preset in task.presets if preset.name == "own_words")
    return VoiceConfig(**{**preset.values, "words": ",".join((*CORE_WORDS, *words))})


def ready(config: Config) -> bool:
    """What is missing before a run can start; own words that can be learned are chosen where none is."""
    assert isinstance(config, VoiceConfig)
    if config.recordings:  # from a run: what is started now learns from what there is now
        change_form(demos.task("voice"), config, recordings="")
    if config.data != "own_words" or speech.own_among(words_of(config)):
        return data_panel.show(config)
    if words := own_words.ready():
        change_form(demos.task("voice"), config, words=",".join((*words_of(config), *words)))
    st.info(
        f"First teach it a word of your own, above: type it and give {own_words.MIN_EXAMPLES} recordings.",
        icon=":material/record_voice_over:",
    )
    return False


@dataclass
class _Brought:
    """What a session has recorded and uploaded."""

    turn: int = 0  # counts it; part of the widgets' keys
    waiting: list[tuple[str, UploadedFile]] = field(default_factory=list)  # words, and what is to be kept of each
    problems: list[str] = field(default_factory=list)
    ready: tuple[str, ...] | None = None  # the words that could be learned when the page was drawn


def _panel(task: Task) -> None:
    _keep_waiting()
    ready, brought = own_words.ready(), record(_Brought)
    known, brought.ready = brought.ready, ready
    if known not in (None, ready):
        st.rerun(scope="app")  # the form below chooses from these words
    word = _word()
    taking, kept = st.columns(2, gap="large")
    if word is not None:
        with taking:
            _take(word)
        with kept:
            _review(word)
    _teach(task)


def _word() -> str | None:
    """The word that is typed or chosen, once it can be one."""
    known, key = {**dict.fromkeys(own_words.deleted(), 0), **own_words.words()}, f"{KEY}.word"
    typed = st.text_input("Word", placeholder="Type the word that you will say", key=key, persist_state="session")
    if known:
        with st.container(horizontal=True, gap="small"):
            for word, count in known.items():
                st.button(
                    plain(f"{word} · {count}"),
                    type="tertiary",
                    help=f"{count} recorded: review them or add to them",
                    key=f"{KEY}.known.{word}",
                    on_click=st.session_state.__setitem__,
                    args=(key, word),
                )
    if not typed:
        return None
    with shown_errors(icon="spellcheck"):
        return own_words.check_word(typed, taken=(*CORE_WORDS, *OTHER_WORDS))
    return None


def _take(word: str) -> None:
    """Record or upload; what is good enough is kept at once, and the next can follow."""
    turn = record(_Brought).turn
    microphone, files = f"{KEY}.microphone.{turn}", f"{KEY}.files.{turn}"
    uploads.audio_input(
        f"Say “{plain(word)}” once",
        sample_rate=audio.RATE,
        key=microphone,
        on_change=_taken,
        args=(word, microphone, turn),
    )
    microphone_hint(key=f"{KEY}.hint")
    uploads.file_uploader(
        f"Or upload recordings of it ({named(audio.FORMATS)})",
        type=suffixes(audio.FORMATS),
        accept_multiple_files=True,
        key=files,
        on_change=_taken,
        args=(word, files, turn),
    )
    for problem in record(_Brought).problems:
        show_error(problem, icon="mic_off")


def _taken(word: str, key: str, turn: int) -> None:
    """Draw a widget anew, empty, and put what it was given where `_keep_waiting` finds it.

    Reading takes a moment, in which the person may click elsewhere: that would end a callback, and what it was given
    would be lost.
    """
    brought = record(_Brought)
    if turn != brought.turn:
        return  # kept already: a browser that has not heard of that yet sends it once more
    brought.waiting.extend((word, file) for file in uploads.given_to(key))
    brought.problems, brought.turn = [], turn + 1


def _keep_waiting() -> None:
    """Keep what was recorded and uploaded; where a click interrupts it, the next run of the page goes on."""
    brought = record(_Brought)
    while brought.waiting:
        word, file = brought.waiting[0]
        try:
            before = own_words.examples(word)
            if own_words.add(word, uploads.read(audio.read_sound, file).samples, owner=hearer()) in before:
                brought.problems.append(f"{file.name}: this recording is kept already. Say the word once more.")
        except GlassboxError as error:
            brought.problems.append(str(error) if str(error).startswith(file.name) else f"{file.name}: {error}")
        del brought.waiting[0]


def _review(word: str) -> None:
    """The kept recordings, each to be heard and deleted."""
    examples, lacking = own_words.examples(word), own_words.lacking(word)
    more = f", {lacking} more needed" if lacking else ""
    st.markdown(f"**{len(examples)} recording{'' if len(examples) == 1 else 's'} of “{plain(word)}”**{more}")
    _undo(word)
    if not examples:
        st.caption("Speak from a hand's width away, and leave a little quiet before and after the word.")
        return
    for number, example in enumerate(examples, start=1):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            level = _listen(word, example)
            st.button(
                "",
                icon=":material/delete:",
                type="tertiary",
                help=f"Delete recording {number}",
                key=f"{KEY}.delete.{example.id}",
                on_click=_do,
                args=(own_words.delete, word, example.id),
            )
            st.caption(f"{level} · {USES[example.split]}", width="content")
    st.caption(PLACE)
    st.button(
        "Delete this word",
        icon=":material/delete_sweep:",
        key=f"{KEY}.delete",
        on_click=_do,
        args=(own_words.delete_word, word),
    )


def _listen(word: str, example: own_words.Example) -> str:
    """A player for whoever recorded it; returns how loud it is, or what is wrong with it."""
    try:
        wave = audio.from_int16(own_words.sound(word, example))
    except GlassboxError:
        return ":orange[damaged: delete it]"
    if example.is_of(hearer()):
        play(wave, width=PLAYER)
    else:
        st.caption(ELSEWHERE, width=PLAYER)
    return decibels(audio.level(wave))


def _undo(word: str) -> None:
    """What was deleted last can be brought back for a day."""
    count = own_words.deleted().get(word, 0)
    if count:
        st.button(
            f"Bring back {count} deleted recording{'' if count == 1 else 's'}",
            icon=":material/undo:",
            type="tertiary",
            key=f"{KEY}.undo",
            on_click=_do,
            args=(own_words.bring_back, word),
        )


def _do(action: Callable[..., object], *arguments: str) -> None:
    try:
        action(*arguments)
    except GlassboxError as error:  # deleted in another tab
        record(_Brought).problems = [str(error)]


def _teach(task: Task) -> None:
    """One click fine-tunes on all words that have enough recordings."""
    ready = own_words.ready()
    if not ready:
        return
    config = config_of(task, ready)
    is_here = speech.synthetic_is_here()
    named = ", ".join(f"“{word}”" for word in ready)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            plain(f"Teach {named}"),
            icon=":material/school:",
            type="primary",
            disabled=not is_here,
            key=f"{KEY}.start",
        )
        st.button(
            "Put it into the form",
            icon=":material/tune:",
            type="tertiary",
            key=f"{KEY}.form",
            help="To change settings before the start.",
            on_click=set_form,
            args=(task, to_json(config)),
        )
        st.caption(
            train.cost_sentence(task, config)
            if is_here
            else "First let the synthetic speech below be made: the words it knows already are repeated with it."
        )
    if pressed:
        train.start(task, config)
