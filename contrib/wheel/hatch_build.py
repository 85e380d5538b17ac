"""Puts the binary into the wheel, and the platform that it is for into its name."""

import os

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Binary(BuildHookInterface):
    def initialize(self, version, build_data):
        binary = os.environ["GCLEAN_BINARY"]
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-" + os.environ["GCLEAN_TAG"]
        build_data["shared_scripts"][binary] = os.path.basename(binary)
