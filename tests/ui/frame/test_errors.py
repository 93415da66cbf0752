"""Errors are shown as they are, and an error of a click where its button stands."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from core.errors import GlassboxError, InvalidInputError, StorageError
    from ui.frame.errors import attempt, show_click_error, shown_errors
    from ui.frame.fragments import fragment

    def fail(words: str, *, kind: type[Exception] = GlassboxError) -> None:
        raise kind(words)

    with shown_errors(InvalidInputError, icon="table"):
        fail("# Not *a* table", kind=InvalidInputError)
        st.text("left out")
    st.text("goes on")
    for place in ("one", "two"):
        st.button(place, key=place, on_click=attempt, args=(place, fail, f"{place} cannot"))
        show_click_error(place)

    @fragment
    def part() -> None:
        fail("not now", kind=StorageError)

    if st.toggle("part", key="part"):
        part()
        st.text("beside the part")
    if st.toggle("defect", key="defect"):
        with shown_errors():
            fail("a defect", kind=RuntimeError)


def test_an_error_is_shown_as_it_is_and_the_page_goes_on() -> None:
    app = AppTest.from_function(page).run()
    assert [(error.value, error.icon) for error in app.error] == [(r"\# Not \*a\* table", ":material/table:")]
    assert [text.value for text in app.text] == ["goes on"]


def test_a_click_that_fails_says_so_once_where_its_button_stands() -> None:
    app = AppTest.from_function(page).run()
    app.button(key="two").click().run()
    assert [error.value for error in app.error][1:] == ["two cannot"]
    app.run()
    assert len(app.error) == 1


def test_a_part_that_fails_says_so_in_its_place_and_the_page_goes_on() -> None:
    app = AppTest.from_function(page).run()
    app.toggle(key="part").set_value(True).run()
    assert not app.exception
    assert [error.value for error in app.error][1:] == ["not now"]
    assert app.text[-1].value == "beside the part"


def test_what_is_no_error_for_people_is_not_swallowed() -> None:
    app = AppTest.from_function(page).run()
    app.toggle(key="defect").set_value(True).run()
    assert len(app.exception) == 1


def test_what_ends_the_drawing_of_a_page_is_said_in_words_for_people() -> None:
    def page() -> None:
        from core.errors import StorageError
        from ui.frame.errors import show_uncaught

        show_uncaught(StorageError("the disk is full"))
        show_uncaught(KeyError("secret"))

    said, unexpected = (error.value for error in AppTest.from_function(page).run().error)
    assert said == "the disk is full"
    assert "Load the page again" in unexpected
    assert "secret" not in unexpected
