"""What Train needs beside its form: a table of one's own, data that is missing, the encoder that is missing."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import demos
from core.data.tables.columns import likely_label, likely_text, spellings
from core.data.tables.reader import read_table
from core.data.tables.table import Table
from core.data.text import table
from core.demos.sentiment import minilm
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import check_start
from core.errors import InvalidInputError
from core.knobs import Config
from ui.frame.errors import show_error, shown_errors
from ui.frame.words import plain
from ui.widgets import data_panel, tables
from ui.widgets.form import change_form


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
    file = tables.table_uploader(
        "A table of your own with a column of texts and a column of 2 to 10 labels", key="sentiment.own.file"
    )
    if file is not None:
        _import(config, file)
    return is_usable


def _import(config: SentimentConfig, file: UploadedFile) -> None:
    try:
        found = tables.read(read_table, file, key="own")
        tables.preview(found)
        left, right = st.columns(2)
        text_column = left.selectbox(
            "Column with the texts", found.columns, index=likely_text(found), key=f"own.text.{file.file_id}"
        )
        others = [column for column in found.columns if column != text_column]
        if not others:
            raise InvalidInputError(
                f"“{file.name}” has one column only; a column with labels is needed beside the texts. Texts without "
                "labels can be answered in view Try, many at once."
            )
        guess = likely_label(found, found.columns.index(text_column))
        label_column = right.selectbox(
            "Column with the labels",
            others,
            index=0 if guess is None else others.index(found.columns[guess]),
            key=f"own.label.{file.file_id}",
        )
        imported = table.labelled(
            found, text=text_column, label=label_column, one_class=_one_class(found, label_column, file.file_id)
        )
    except InvalidInputError as error:
        show_error(error, icon="table")
        return
    _report(imported)
    if st.button("Use this table", icon=":material/check:", key=f"own.use.{file.file_id}"):
        change_form(demos.task("sentiment"), config, table=table.OWN.keep(imported.labelled))


def _one_class(found: Table, label: str, file_id: str) -> bool:
    """Whether labels that differ only in capitals and spaces are one class, where there are such."""
    ways = spellings(found, label)
    if not ways:
        return True
    some = "; ".join(", ".join(f"“{plain(way[:30])}”" for way in each[:4]) for each in list(ways.values())[:3])
    return st.toggle(
        f"Labels that differ only in capitals and spaces are one class: {some}", True, key=f"own.one.{file_id}"
    )


def _report(imported: table.Imported) -> None:
    labelled = imported.labelled
    counts = [labelled.labels.count(i) for i in range(len(labelled.classes))]
    names = ", ".join(f"{plain(one)} ({count:,})" for one, count in zip(labelled.classes, counts, strict=True))
    st.markdown(f"{len(labelled.texts):,} good rows: {names}.")
    tables.left_out(imported.left_out, imported.bad)
