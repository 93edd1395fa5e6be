"""Where the folders lie that stand beside the package in a checkout and inside it in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def project_folder(name: str) -> Path:
    """Return the folder `name` (templates, migrations, configs).

    In an installed wheel it is packaged inside `lti_grader/`; in a checkout it stands beside it.

    Raises
    ------
    FileNotFoundError
        Neither place has it: the installation is damaged.
    """
    for folder in (PACKAGE / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"The folder {name!r} is missing from this installation of lti-grader: install it again.")
