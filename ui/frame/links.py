"""Links between pages. Streamlit wants paths that are relative to the script of the frame, `ui/navigation.py`."""


def page_path(name: str) -> str:
    """Path of a page in `pages/` for `st.Page`, `st.page_link` and `st.switch_page`."""
    return f"../pages/{name}.py"


def run_query(run_id: str) -> dict[str, str]:
    """Query parameters of the address of a run on its demo's page."""
    return {"view": "train", "run": run_id}
