"""What Train needs beside its form: a table of one's own, data that is missing, the encoder that is missing."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import demos
from core.data.formats import named, suffixes
from core.data.text import table
from core.demos.sentiment import minilm
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import check_start
from core.errors import InvalidInputError
from core.knobs import Config
from ui.demos.sentiment.many import likely_text
from ui.frame.errors import show_error, shown_errors
from ui.frame.words import plain
from ui.widgets import data_panel, uploads
from ui.widgets.form import change_form

SHOWN = 20  # bad rows in the first view


def show(config: Config) -> bool:
    """What is missing for this config, with a way to get it; returns whether a run can start."""
    assert isinstance(config, SentimentConfig)
    with shown_errors():
        check_start(config)
        has_encoder = config.start == "release" or config.network != "minilm" or _encoder()
        return (_own(config) if config.data == "own" else data_panel.show(config)) and has_encoder
    return False


def _encoder() -> bool:
    with shown_errors(icon="cloud_off", mild=True):
        minilm.verified_folder()
        return True
    return False


def _own(config: SentimentConfig) -> bool:
    is_usable = False
    if config.table:
        with shown_errors(icon="table", mild=True):
            kept = table.OWN.stored(config.table)
            names = ", ".join(plain(name) for name in kept.classes)
            st.success(f"**{plain(kept.name)}**: {len(kept.texts):,} texts with the labels {names}.")
            is_usable = True
    file = uploads.file_uploader(
        f"A table of your own ({named(table.FORMATS)}, at most 10 MB) with a column of texts and a column of 2 to 10 "
        "labels",
        type=suffixes(table.FORMATS),
        key="sentiment.own.file",
    )
    if file is not None:
        _import(config, file)
    return is_usable


def _import(config: SentimentConfig, file: UploadedFile) -> None:
    try:
        found = uploads.read(table.read_csv, file)
        left, right = st.columns(2)
        texts = likely_text(found)
        text_column = left.selectbox(
            "Column with the texts", found.columns, index=texts, key=f"own.text.{file.file_id}"
        )
        others = [column for column in found.columns if column != text_column]
        if not others:
            raise InvalidInputError(
                f"“{file.name}” has one column only; a column with labels is needed beside the texts."
            )
        guess = next((i for i, column in enumerate(others) if column.lower() in ("label", "class", "sentiment")), 0)
        label_column = right.selectbox("Column with the labels", others, index=guess, key=f"own.label.{file.file_id}")
        imported = table.labelled(found, text=text_column, label=label_column)
    except InvalidInputError as error:
        show_error(error, icon="table")
        return
    _report(imported)
    if st.button("Use this table", icon=":material/check:", key=f"own.use.{file.file_id}"):
        change_form(demos.task("sentiment"), config, table=table.OWN.keep(imported.labelled))


def _report(imported: table.Imported) -> None:
    labelled = imported.labelled
    counts = [labelled.labels.count(i) for i in range(len(labelled.classes))]
    names = ", ".join(f"{plain(one)} ({count:,})" for one, count in zip(labelled.classes, counts, strict=True))
    st.markdown(f"{len(labelled.texts):,} good rows: {names}.")
    if imported.num_bad:
        with st.expander(f"{imported.num_bad:,} rows were left out", icon=":material/rule:"):
            st.dataframe(
                [{"line": row.line, "why": row.reason, "row": row.content} for row in imported.bad], hide_index=True
            )
