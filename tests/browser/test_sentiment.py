"""Sentiment in a browser: type, see colours, delete a word, see the answer flip; a table of one's own, trained."""

import re

from playwright.sync_api import Page, expect

OWN = "text,label\n" + "".join(
    f"it is {word} {i},{name}\n"
    for i in range(12)
    for name, words in {"praise": "good wonderful", "blame": "bad dull", "question": "where when"}.items()
    for word in words.split()
)


def answered(page: Page, name: str) -> None:
    expect(page.get_by_role("status", name=re.compile(rf"^Answer: .* for {name}$"))).to_be_visible()


def test_typing_is_answered_and_deleting_not_flips_the_answer(page: Page) -> None:
    page.goto("/sentiment")
    box = page.get_by_label("Your text (English)")
    box.press_sequentially("The film is not good.")
    answered(page, "negative")
    word = page.get_by_role("button", name=re.compile(r"^not: "))
    expect(word).to_be_visible()
    assert word.evaluate("node => getComputedStyle(node).backgroundColor") != "rgba(0, 0, 0, 0)"
    word.click()
    page.get_by_role("button", name="Delete", exact=True).click()
    answered(page, "positive")
    expect(box).to_have_value("The film is good.")


def test_a_table_with_three_classes_is_uploaded_trained_and_used(page: Page) -> None:
    page.goto(
        "/sentiment?view=train&data=own&layers=1&width=32&feed_forward=32&vocabulary=500&length=16&batch_size=8&epochs=20"
        "&learning_rate=0.01&dropout=0&word_dropout=0"
    )
    page.locator("input[type=file]").set_input_files(
        {"name": "mine.csv", "mimeType": "text/csv", "buffer": OWN.encode()}
    )
    page.get_by_role("button", name="Use this table").click()
    expect(page).to_have_url(re.compile("table=[0-9a-f]{16}"))
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("button", name="Use it in Try")).to_be_visible(timeout=150_000)
    page.get_by_role("button", name="Use it in Try").click()
    page.get_by_label("Your text (English)").press_sequentially("it is wonderful")
    answered(page, "praise")
