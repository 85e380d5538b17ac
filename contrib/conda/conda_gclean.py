"""gclean as a subcommand of conda: conda gclean.

Until 26.3, conda ran any conda-* in PATH for that. Since then, subcommands are
plugins: docs.conda.io/projects/conda/en/stable/dev-guide/plugins/subcommands.html
"""

import os
import shutil
import subprocess
import sys

from conda.plugins import hookimpl
from conda.plugins.types import CondaSubcommand


def run(args):
    """Become gclean. Where no process can, return the exit code of one."""
    binary = shutil.which("conda-gclean") or shutil.which("gclean")
    if binary is None:
        print("gclean is not in PATH: put it into a folder that is.", file=sys.stderr)
        return 2
    command = ["conda-gclean", *args]  # the name that gclean uses for itself
    sys.stdout.flush()
    if os.name == "nt":
        return subprocess.run(command, executable=binary).returncode
    os.execv(binary, command)


@hookimpl
def conda_subcommands():
    yield CondaSubcommand(
        name="gclean",
        summary="Remove unused packages and caches of conda, mamba and pixi.",
        action=run,
    )
