"""Puts the binaries into the wheel, and the platform that they are for into its name."""

import os

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Binary(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-" + os.environ["GCLEAN_TAG"]
        for name in "GCLEAN_BINARY", "GCLEAN_LINTER":
            build_data["shared_scripts"][os.environ[name]] = os.path.basename(os.environ[name])
