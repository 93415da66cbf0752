"""Page Foundations, opened without a browser."""

from streamlit.testing.v1 import AppTest

from tests.support.paths import ROOT

FRAME = str(ROOT / "ui" / "navigation.py")


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(FRAME, default_timeout=120).run()
    app.switch_page("../pages/foundations.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])
