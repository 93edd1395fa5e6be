"""What a notebook finds around it where there is no Jupyter: display, get_ipython, and plots that are drawn for nobody."""

import builtins
import importlib.util
import os
import re
import sys
import types
import unittest
import warnings


class Shown:
    """What IPython.display has for what is shown."""

    def __init__(self, data=None, *_, **__):
        self.data = data


class Shell:
    """What get_ipython() gives: nothing is done."""

    def run_line_magic(self, *_, **__):
        return None

    run_cell_magic = magic = system = run_line_magic


def display(*things, **_):
    for one in things:
        print(one.data if isinstance(one, Shown) else repr(one))


def refuse(prompt="", /):
    raise RuntimeError("input() gets no answer when a notebook is graded: write the value into the cell.")


def prepare(folder):
    """Make ready what notebooks take for granted.

    Parameters
    ----------
    folder
        Where files may be written.
    """
    os.environ.update(MPLBACKEND="Agg", MPLCONFIGDIR=folder)
    warnings.filterwarnings("ignore", message=".*non-interactive.*")
    builtins.input = refuse
    if importlib.util.find_spec("IPython") is None:
        sys.modules.update(ipython())
    if importlib.util.find_spec("nose") is None:
        sys.modules.update(nose())
    sys.modules["otter"] = otter()
    builtins.display = sys.modules["IPython.display"].display if "IPython.display" in sys.modules else display
    builtins.get_ipython = Shell


def ipython():
    """Return what stands for IPython where it is not installed."""
    shown = types.ModuleType("IPython.display")
    shown.display, shown.clear_output = display, lambda *_, **__: None
    # Each of its classes: HTML, Markdown, Image and so on.
    shown.__getattr__ = classes
    top = types.ModuleType("IPython")
    top.get_ipython, top.display, top.__path__ = Shell, shown, []
    return {"IPython": top, "IPython.display": shown}


def classes(name):
    if not name[:1].isupper():
        raise AttributeError(name)
    return Shown


def otter():
    """Return what stands for otter, whose checks students have in their copies: the tests are run here otherwise."""

    class Notebook(Shell):
        check = check_all = export = to_pdf = add_plugin_files = run_plugin = Shell.system

        def __init__(self, *_, **__):
            """Take whatever it is made with."""

    made = types.ModuleType("otter")
    made.Notebook = Notebook
    return made


def nose():
    """Return what stands for nose.tools, which tests of older courses import: unittest's assertions by other names."""
    tools, case = types.ModuleType("nose.tools"), unittest.TestCase()
    tools.ok_, tools.eq_ = case.assertTrue, case.assertEqual

    def named(name):
        return getattr(case, re.sub(r"_(\w)", lambda found: found[1].upper(), name))

    tools.__getattr__ = named
    top = types.ModuleType("nose")
    top.tools, top.__path__ = tools, []
    return {"nose": top, "nose.tools": tools}
