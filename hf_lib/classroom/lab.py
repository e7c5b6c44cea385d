"""JupyterLab on the reader's own copies."""

import os

from hf_lib.judge.remembered import VARIABLE

from .places import places
from .update import update

FIRST = "00_start_here.ipynb"


def main(arguments):
    """bring your copies up to date and open them in JupyterLab (more arguments go to JupyterLab)"""
    try:
        from jupyterlab.labapp import main as jupyterlab
    except ImportError:
        print("JupyterLab is not installed here: python3 course.py lab installs it, or `pip install jupyterlab`.")
        return 1
    where = places()
    said, _ = update(where)
    print("".join(f"{sentence}\n" for sentence in said), end="", flush=True)
    os.environ[VARIABLE] = str(where.mine)                 # for the kernels that JupyterLab starts
    # As the default address, and not as a file to open: so the address that is printed leads there too.
    jupyterlab([f"--ServerApp.root_dir={where.mine.parent}",
                f"--LabApp.default_url=/lab/tree/{where.mine.name}/{FIRST}", *arguments])
    return 0
