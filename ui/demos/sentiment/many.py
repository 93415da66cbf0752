"""Many texts at once: a table or pasted lines in, a table with answers out, with progress and a way to stop."""

import csv
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from core.data.tables.columns import likely_text
from core.data.tables.reader import read_table
from core.data.tables.table import column_texts
from core.demos.sentiment.reader import TextReader, find_problem
from core.errors import InvalidInputError
from core.plots.words import percent
from ui.frame.errors import shown_errors
from ui.frame.fragments import fragment
from ui.frame.state import record
from ui.frame.words import plain
from ui.widgets import tables
from ui.widgets.download import download

BATCH = 256
SLICE_SECONDS = 1.0  # that a run of the page computes before it shows how far it is
MAX_PASTED = 5_000  # lines
OTHER = "not English"


@dataclass
class Job:
    """Texts that are being answered, a slice with each run of the page."""

    reader: TextReader
    texts: list[str]
    answers: list[str] = field(default_factory=list)  # class, "unsure", "not English", or "not read"
    probabilities: list[float | None] = field(default_factory=list)  # probability of the class that is shown
    stopped: bool = False

    @property
    def over(self) -> bool:
        return self.stopped or len(self.answers) == len(self.texts)


@dataclass
class _Doing:
    """What this session has asked for last."""

    job: Job | None = None


def show(reader: TextReader, *, key: str) -> None:
    """The whole part of the page."""
    texts = _given(key)
    doing = record(_Doing, key)
    if texts:
        start = st.button(f"Answer {len(texts):,} texts", type="primary", icon=":material/play_arrow:", key=f"{key}.go")
        if start:
            doing.job = Job(reader, texts)
    if doing.job is not None:
        _going(doing.job, key)


def _given(key: str) -> list[str]:
    """The texts of a chosen column of an uploaded table, or the pasted lines."""
    file = tables.table_uploader("A table, or a text a line", key=f"{key}.file")
    if file is None:
        pasted = st.text_area("… or paste texts, one a line", key=f"{key}.lines", height=140, max_chars=1_000_000)
        lines = [line.strip() for line in pasted.splitlines() if line.strip()]
        if len(lines) > MAX_PASTED:
            st.warning(f"Only the first {MAX_PASTED:,} of {len(lines):,} lines are taken. Upload a table for more.")
        return lines[:MAX_PASTED]
    texts = None
    with shown_errors(InvalidInputError, icon="table"):
        found = tables.read(read_table, file, key=key)
        tables.preview(found)
        chosen = st.selectbox(
            "Column with the texts", found.columns, index=likely_text(found), key=f"{key}.column.{file.file_id}"
        )
        texts = [text for text in column_texts(found, chosen) if text.strip()]
        without = len(found.rows) - len(texts)
        tables.left_out(found.left_out | ({"its text is empty": without} if without else {}), found.bad)
    if texts == []:
        st.warning(f"Column “{plain(chosen)}” of “{plain(file.name)}” holds no text. Choose another one.")
    return texts or []


def advance(job: Job, *, seconds: float) -> None:
    """Answer batches for about so long; at least one."""
    end = time.monotonic() + seconds
    while not job.over:
        start = len(job.answers)
        texts = job.texts[start : start + BATCH]
        problems = [find_problem(text) for text in texts]
        readable = [text for text, problem in zip(texts, problems, strict=True) if problem is None]
        readings = iter(job.reader.readings(readable) if readable else ())
        for problem in problems:
            if problem is not None:
                job.answers.append("not read")
                job.probabilities.append(None)
                continue
            reading = next(readings)
            row, best = reading.probabilities, reading.winner
            assert row is not None
            other = reading.problem is not None and reading.problem.code == "other_language"
            job.answers.append(OTHER if other else job.reader.classes[best] if reading.sure else "unsure")
            job.probabilities.append(row[1] if len(row) == 2 else row[best])
        if time.monotonic() > end:
            return


@fragment(run_every=0.2)
def _ticking(job: Job, key: str) -> None:
    advance(job, seconds=SLICE_SECONDS)
    done, count = len(job.answers), len(job.texts)
    st.progress(done / count, f"{done:,} of {count:,} texts")
    if st.button("Stop", icon=":material/stop:", key=f"{key}.stop"):
        job.stopped = True
    if job.over:
        st.rerun(scope="app")


def _going(job: Job, key: str) -> None:
    if not job.over:
        _ticking(job, key)
        return
    if not job.answers:
        st.info("Stopped before the first text was answered.")
        return
    _results(job, key)


def _results(job: Job, key: str) -> None:
    done = len(job.answers)
    classes = job.reader.classes
    if done < len(job.texts):
        st.info(f"Stopped: {done:,} of {len(job.texts):,} texts were answered.", icon=":material/pause_circle:")
    st.markdown(shares_sentence(job.answers, classes))
    label = f"probability of {classes[1]}" if len(classes) == 2 else "probability"
    rows: list[dict[str, object]] = [
        {"text": text, "answer": said, label: probability}
        for text, said, probability in zip(job.texts, job.answers, job.probabilities, strict=False)
    ]
    kinds = [kind for kind in (*classes, "unsure", OTHER, "not read") if kind in job.answers]
    wanted = st.pills("Show", kinds, selection_mode="multi", key=f"{key}.filter")
    shown = [row for row in rows if not wanted or row["answer"] in wanted]
    st.dataframe(
        shown,
        column_config={label: st.column_config.NumberColumn(format="percent")},
        hide_index=True,
        key=f"{key}.table",
    )
    download("Download the table", written(rows), "answers.csv", key=f"{key}.download")


def shares_sentence(answers: Sequence[str], classes: Sequence[str]) -> str:
    """ "Of 120 texts, 61.7 % are positive, 25.0 % negative, 13.3 % unsure." """
    parts = [
        f"{percent(answers.count(kind) / len(answers))} {plain(kind)}"
        for kind in (*reversed(classes), "unsure", OTHER, "not read")
        if kind in answers
    ]
    return f"Of {len(answers):,} texts: **{', '.join(parts)}**."


def written(rows: Sequence[dict[str, object]]) -> bytes:
    """The table as CSV (UTF-8). A text that begins as a formula would is quoted, so that no spreadsheet computes it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(rows[0])
    for row in rows:
        cells = ["" if cell is None else str(cell) for cell in row.values()]
        writer.writerow([f"'{cell}" if cell[:1] in "=+-@\t\r" and cell[:1] else cell for cell in cells])
    return out.getvalue().encode("utf-8-sig")
