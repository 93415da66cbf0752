"""What a reading process of the studio can be asked for, each with as much time as a busy machine may need."""

from core.reading import parsers

PARSERS = dict.fromkeys(parsers.PARSERS, 300.0)
warm_up = parsers.warm_up
