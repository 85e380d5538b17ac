"""Writes a record into /usr/conda-meta for each package listed in /debs, as conda has
them: what dpkg put where, by its path below the prefix /usr."""
import json, os, re

for name in sorted(os.listdir("/debs")):
    if name.endswith((".depends", ".py")):
        continue
    paths = []
    for line in open("/debs/" + name):
        at = "/" + line.strip().lstrip("./")
        if at.endswith("/") or not os.path.lexists(at):
            continue
        at = os.path.join(os.path.realpath(os.path.dirname(at)), os.path.basename(at))
        if at.startswith("/usr/"):
            paths.append(at[len("/usr/"):])
    package, version = name.split("_", 1)
    version = re.sub("[^0-9A-Za-z.]", "_", version)
    depends = [re.split("[ :(|]", d.strip())[0] for d in open(f"/debs/{name}.depends").read().split(",") if d.strip()]
    dist = f"{package}-{version}-0"
    with open(f"/usr/conda-meta/{dist}.json", "w") as f:
        json.dump({"name": package, "version": version, "build": "0", "build_number": 0, "depends": depends, "files": sorted(set(paths))}, f)
