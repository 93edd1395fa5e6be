"""`python -m lti_grader.demo --port N --state DIR`: serve the demo LMS on this machine."""

from pathlib import Path

import click
from werkzeug.serving import make_server

from lti_grader.demo.lms.app import create_lms


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), required=True)
def main(port: int, state: Path) -> None:
    """Serve the demo LMS at http://localhost:PORT."""
    make_server("127.0.0.1", port, create_lms(state, f"http://localhost:{port}"), threaded=True).serve_forever()


if __name__ == "__main__":
    main()
