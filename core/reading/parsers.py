"""The closed list of what a reading process can be asked for, and how long each may compute."""

PARSERS = {  # "module:function" → seconds of computing; each function takes (content, name=…)
    "core.data.audio:read_sound": 3.0,
    "core.data.picture:read_picture": 3.0,
    "core.data.table:read_csv": 3.0,
    "core.foundations.points:read_table": 3.0,
    "core.data.album:read_zip": 10.0,  # 10,000 pictures, which are allowed, take three to five seconds
}


def warm_up() -> None:
    """Import what the parsers import only when they are called."""
    import pandas  # noqa: F401
