"""An old address, sent by a browser that has not heard of the new one yet, undoes nothing; a link still leads on."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ui.frame import address


def page() -> None:
    import streamlit as st

    from ui.frame import address

    address.arrive(st.session_state.get("page", "one"))
    if st.button("Write", key="write"):
        address.write({"view": "train", "run": None})
    if st.button("Replace", key="replace"):
        address.replace({"run": "abcdef"})
    st.session_state["seen"] = st.query_params.to_dict()


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(page)
    return sent(app, **query)


def sent(app: AppTest, **query: str) -> AppTest:
    """The browser sends this address with a run of the page."""
    app.query_params.clear()
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def seen(app: AppTest) -> Any:
    return app.session_state["seen"]


def test_what_was_written_outlives_the_old_address() -> None:
    app = opened(view="try", run="abcdef", model="x")
    app.button(key="write").click().run()
    assert seen(app) == {"view": "train", "model": "x"}
    assert seen(sent(app, view="try", run="abcdef", model="x")) == {"view": "train", "model": "x"}


def test_another_change_begins_with_the_new_address() -> None:
    app = opened(view="try", epochs="3")
    app.button(key="write").click().run()
    app.query_params.clear()
    app.query_params.update({"view": "try", "epochs": "3"})
    app.button(key="replace").click().run()
    assert seen(app) == {"run": "abcdef"}


def test_an_address_that_nobody_wrote_is_taken() -> None:
    app = opened(view="try")
    app.button(key="write").click().run()
    assert seen(sent(app, view="inside")) == {"view": "inside"}
    assert seen(sent(app, view="inside", model="y")) == {"view": "inside", "model": "y"}


def test_the_old_address_is_a_link_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(view="try")
    app.button(key="write").click().run()
    monkeypatch.setattr(address, "LATE_SECONDS", 0.0)
    assert seen(sent(app, view="try")) == {"view": "try"}


def test_another_page_has_another_address() -> None:
    app = opened()
    app.button(key="write").click().run()
    app.session_state["page"] = "two"
    assert seen(sent(app)) == {}


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ({"view": "train", "fbclid": "IwAR0", "utm_source": "chat", "utm_campaign": "x"}, {"view": "train"}),
        ({"gclid": "1", "mc_cid": "2", "igsh": "3", "_gl": "4"}, {}),
        ({"view": "train."}, {"view": "train"}),
        ({"view": "train", "run": "abcdef)."}, {"view": "train", "run": "abcdef"}),
        ({"data": "own_words", "words": "yes,no,stop!”"}, {"data": "own_words", "words": "yes,no,stop"}),
        ({"learning_rate": "0.01", "fruit": "apple"}, {"learning_rate": "0.01", "fruit": "apple"}),
    ],
)
def test_what_a_chat_or_a_mail_adds_to_a_link_is_taken_out(query: dict[str, str], meant: dict[str, str]) -> None:
    app = opened(**query)
    assert seen(app) == meant
    app.button(key="write").click().run()
    assert seen(sent(app, **query)) == {**{name: meant[name] for name in meant if name != "run"}, "view": "train"}
