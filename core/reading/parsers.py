"""The closed list of what a reading process can be asked for, and how long each may compute."""

PARSERS = {  # "module:function" → seconds of computing; each function takes (content, name=…)
    "core.data.sound.audio:read_sound": 3.0,
    "core.data.pictures.picture:read_picture": 5.0,  # a HEIC of 48 megapixels takes two to three
    "core.data.tables.reader:read_table": 3.0,
    "core.data.points:read_table": 3.0,
    "core.data.pictures.digit_files:read_part": 3.0,
    "core.data.pictures.picture_set:read_part": 3.0,  # of a zip: it ends after a second, and is asked to go on
}


def warm_up() -> None:
    """Import what the parsers import only when they are called: the first file would be charged with it."""
    import pyarrow.parquet  # noqa: F401
    import python_calamine  # noqa: F401
    import soxr  # noqa: F401
