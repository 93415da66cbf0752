"""The browser's own history: one change is one entry, and Back takes it back."""

import re

from playwright.sync_api import Page, expect


def choose_preset(page: Page, label: str) -> None:
    page.get_by_role("combobox", name="Preset").click()
    page.get_by_role("option", name=label).click()


def test_a_preset_is_one_entry_and_back_restores_the_knobs(page: Page) -> None:
    page.goto("/digits?view=train")
    preset = page.get_by_role("combobox", name="Preset")
    expect(preset).to_have_value("Small CNN")
    page.get_by_role("slider", name="Depth").focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("depth=2"))
    before = page.evaluate("() => history.length")
    choose_preset(page, "The classic example")
    expect(page).to_have_url(re.compile("network=plain"))
    expect(page.get_by_role("slider", name="Hidden layers")).to_be_visible()
    assert page.evaluate("() => history.length") == before + 1
    page.go_back()
    expect(page).not_to_have_url(re.compile("network=plain"))
    expect(page.get_by_role("slider", name="Depth")).to_have_value("2")
    page.go_back()
    expect(page.get_by_role("slider", name="Depth")).to_have_value("3")
    expect(preset).to_have_count(1)  # those of runs that the next one cut short go with its end
    expect(preset).to_have_value("Small CNN")
    page.go_forward()
    page.go_forward()
    expect(page.get_by_role("slider", name="Hidden layers")).to_be_visible()
    expect(page).to_have_url(re.compile("network=plain"))


def test_back_restores_the_settings_of_a_place_of_foundations(page: Page) -> None:
    page.goto("/foundations?place=playground")
    page.get_by_role("button", name="Waves").click()
    expect(page).to_have_url(re.compile("data=waves"))
    page.go_back()
    expect(page).not_to_have_url(re.compile("data=waves"))
    page.go_forward()
    expect(page).to_have_url(re.compile("data=waves"))
