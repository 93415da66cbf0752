"""What a session remembers: one record of a kind and a name, the same one until the session ends."""

from streamlit.testing.v1 import AppTest

from ui.frame.state import record_key


def page() -> None:
    from dataclasses import dataclass, field

    import streamlit as st

    from ui.frame.state import record

    @dataclass
    class Clicked:
        names: list[str] = field(default_factory=list)

    for name in ("a", "b"):
        if st.button(name, key=name):
            record(Clicked, name).names.append(name)
            record(Clicked).names.append(name)
    st.text(f"{record(Clicked, 'a').names} {record(Clicked, 'b').names} {record(Clicked).names}")


def test_records_outlive_runs_and_names_keep_them_apart() -> None:
    app = AppTest.from_function(page).run()
    for name in ("a", "b", "a"):
        app.button(key=name).click().run()
    assert app.text[0].value == "['a', 'a'] ['b'] ['a', 'b', 'a']"


def test_kinds_of_one_name_do_not_meet() -> None:
    class Kind:
        pass

    first = Kind

    class Other:
        pass

    assert record_key(first, "digits") != record_key(Other, "digits") != record_key(Other, "voice")
