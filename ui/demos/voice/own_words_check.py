"""Before and after in the view of a run that learned own words: what it still knows, and what it knows now."""

import streamlit as st

from core.data.sound import audio, own_words, speech
from core.demos.voice.config import VoiceConfig, words_of
from core.demos.voice.own_words import BeforeAfter, HeldOut, compare
from core.plots.words import NO_BREAK, percent
from core.runs.records import Run
from core.settings import home
from ui.demos.voice.player import ELSEWHERE, play
from ui.demos.voice.readers import reader_of
from ui.frame.visitor import hearer
from ui.frame.words import plain
from ui.runs import readers


def show(run: Run, config: VoiceConfig, data: speech.SpeechSet) -> None:
    """The release model beside the run's best weights, on the same clips."""
    found = _compared(
        str(home()), run.id, readers.best_checkpoint(run.id).seq, speech.own_among(words_of(config)), data
    )
    st.subheader("Before and after", anchor=False)
    old, new = st.columns(2, gap="large")
    with old:
        st.markdown("**The words it knew before**")
        points = 100 * (found.old_after - found.old_before)
        st.metric(
            f"of {found.num_old:,} synthetic test clips",
            percent(found.old_after),
            f"{points:+.1f} points".replace("-", "−"),
            delta_color="off",
        )
        st.caption(
            f"The release model answers {percent(found.old_before)} of them right. Each step of the training repeated "
            "what the release model had learned from, so that it is not forgotten."
        )
    with new:
        st.markdown("**Your recordings that were held out**")
        for one in found.own:
            st.markdown(_sentence(one))
            if own_words.may_hear(one.word, one.clip, owner=hearer()):
                play(audio.from_int16(one.clip))
            else:
                st.caption(ELSEWHERE)
        st.caption(_count(found))


@st.cache_data(max_entries=16, show_spinner="Asking both models …")
def _compared(home_folder: str, run_id: str, seq: int, own: tuple[str, ...], _data: speech.SpeechSet) -> BeforeAfter:
    after = reader_of(run_id)
    return compare(reader_of(readers.RELEASE), after, _data.test_waves, _data.test_labels.tolist(), own=own)


def _sentence(one: HeldOut) -> str:
    right = ":green[:material/check:]" if one.after == one.word else ":orange[:material/close:]"
    return (
        f"{right} “{plain(one.word)}”: the release model answered “{plain(one.before)}”, this one answers "
        f"**“{plain(one.after)}”** with {percent(one.probability)}"
    )


def _count(found: BeforeAfter) -> str:
    right = sum(one.after == one.word for one in found.own)
    return f"{right} of {len(found.own)}{NO_BREAK}held-out recordings are answered right; none was learned from."
