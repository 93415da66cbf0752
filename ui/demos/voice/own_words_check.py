"""Before and after in the view of a run that learned own words: what it still knows, and what it knows now."""

import streamlit as st

from core.classifier import Labelled
from core.data.sound import audio, own_words, speech
from core.demos.voice.config import VoiceConfig, words_of
from core.demos.voice.own_words import BeforeAfter, HeldOut, compare
from core.plots.words import NO_BREAK, percent
from core.runs.records import Run
from core.settings import home
from ui.demos.voice.player import ELSEWHERE, play
from ui.frame.visitor import hearer
from ui.frame.words import plain
from ui.runs import readers


def show(run: Run, config: VoiceConfig, found: Labelled) -> None:
    """The release model beside the run's best weights, on the same clips."""
    taught = _compared(
        str(home()), run.id, readers.best_checkpoint(run.id).seq, speech.own_among(words_of(config)), found
    )
    st.subheader("Before and after", anchor=False)
    old, new = st.columns(2, gap="large")
    with old:
        st.markdown("**The words it knew before**")
        points = 100 * (taught.old_after - taught.old_before)
        st.metric(
            f"of {taught.num_old:,} synthetic test clips",
            percent(taught.old_after),
            f"{points:+.1f} points".replace("-", "−"),
            delta_color="off",
        )
        st.caption(
            f"The release model answers {percent(taught.old_before)} of them right. Each step of the training repeated "
            "what the release model had learned from, so that it is not forgotten."
        )
    with new:
        st.markdown("**Your recordings that were held out**")
        for one in taught.own:
            st.markdown(_sentence(one))
            if own_words.may_hear(one.word, one.clip, owner=hearer()):
                play(audio.from_int16(one.clip))
            else:
                st.caption(ELSEWHERE)
        st.caption(_count(taught))


@st.cache_data(max_entries=16, show_spinner="Asking both models …")
def _compared(home_folder: str, run_id: str, seq: int, own: tuple[str, ...], _found: Labelled) -> BeforeAfter:
    before, after = (readers.model_of("voice", model_id) for model_id in (readers.RELEASE, run_id))
    return compare(before, after, _found.examples, _found.labels.tolist(), own=own)


def _sentence(one: HeldOut) -> str:
    right = ":green[:material/check:]" if one.after == one.word else ":orange[:material/close:]"
    return (
        f"{right} “{plain(one.word)}”: the release model answered “{plain(one.before)}”, this one answers "
        f"**“{plain(one.after)}”** with {percent(one.probability)}"
    )


def _count(found: BeforeAfter) -> str:
    right = sum(one.after == one.word for one in found.own)
    return f"{right} of {len(found.own)}{NO_BREAK}held-out recordings are answered right; none was learned from."
