"""Page Voice, opened without a browser."""

from streamlit.testing.v1 import AppTest

from tests.support.paths import ROOT

PAGE = str(ROOT / "pages" / "voice.py")


def page(**query: str) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=120)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    """All that the page says."""
    return "\n".join(str(one.value) for one in [*app.markdown, *app.caption, *app.info, *app.warning, *app.error])
