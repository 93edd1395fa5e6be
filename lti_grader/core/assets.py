"""The built scripts and styles, by the names that the build gave them."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import flask

from lti_grader.core.errors import GraderError
from lti_grader.core.markdown import to_html


class AssetsMissing(GraderError):
    code = "assets_missing"


def install_assets(app: flask.Flask) -> None:
    """Give templates `asset_url(name)` and the filters that show numbers and times."""
    folder = Path(app.static_folder or "") / "dist"
    kept: dict[str, Any] = {}

    def asset_url(name: str) -> str:
        manifest = folder / "manifest.json"
        try:
            changed = manifest.stat().st_mtime_ns
            if kept.get("changed") != changed:
                kept.update(changed=changed, files=json.loads(manifest.read_text()))
            # Not by url_for: the same for everybody, also where a session is named in the path.
            return f"{app.static_url_path}/dist/{kept['files'][name]}"
        except (OSError, KeyError):
            raise AssetsMissing(f"The page's {name} has not been built: run `make assets`.") from None

    app.jinja_env.globals["asset_url"] = asset_url
    app.jinja_env.filters["points"] = show_points
    app.jinja_env.filters["markdown"] = to_html
    app.jinja_env.filters["moment"] = show_moment
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = dt.timedelta(days=30)


def show_points(value: Decimal | None) -> str:
    """Return points as people write them: 7.5, not 7.5000; a dash for none."""
    if value is None:
        return "\N{EN DASH}"
    text = f"{value.quantize(Decimal('0.01')):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def show_moment(value: dt.datetime | None) -> str:
    """Return a time as text; the page's script puts it into the reader's own zone."""
    return "\N{EN DASH}" if value is None else value.astimezone(dt.UTC).strftime("%-d %b %Y, %H:%M UTC")
