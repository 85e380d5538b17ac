"""Makes caches and environments on a host of the rig.

tree.py cache DIR DIST...            a package cache with these extracted packages
tree.py more FOLDER N         N more files in a package, 40 in a folder
tree.py hold FILE              locks it as mamba does, until it is killed
tree.py env PREFIX CACHE MODE DIST.. an environment that links them: hard or soft
"""
import fcntl, json, os, sys, time

FILES = ["lib/one", "lib/two", "share/doc/three"]

def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)

def cache(top, *dists):
    put(top + "/urls.txt", "")
    put(top + "/urls", "")
    for dist in dists:
        name, version, build = dist.rsplit("-", 2)
        index = dict(name=name, version=version, build=build, build_number=0, depends=[])
        put(f"{top}/{dist}/info/index.json", json.dumps(index))
        put(f"{top}/{dist}/info/paths.json", json.dumps(dict(paths=[], paths_version=1)))
        for f in FILES:
            put(f"{top}/{dist}/{f}", (dist + f) * 100)

def more(top, n):
    for i in range(int(n)):
        put(f"{top}/lib/many{i // 40}/{i}", "")

def hold(path):
    f = open(path, "a")
    fcntl.lockf(f, fcntl.LOCK_EX)
    time.sleep(1000)

def env(prefix, pkgs, mode, *dists):
    put(prefix + "/conda-meta/history", "")
    for dist in dists:
        name, version, build = dist.rsplit("-", 2)
        for f in FILES:
            os.makedirs(os.path.dirname(f"{prefix}/{f}"), exist_ok=True)
            made = f"{prefix}/{f}.{name}"
            os.link(f"{pkgs}/{dist}/{f}", made) if mode == "hard" else os.symlink(f"{pkgs}/{dist}/{f}", made)
        record = dict(name=name, version=version, build=build, fn=dist + ".conda",
                      files=[f"{f}.{name}" for f in FILES], extracted_package_dir=f"{pkgs}/{dist}",
                      link=dict(source=f"{pkgs}/{dist}", type=1 if mode == "hard" else 2))
        put(f"{prefix}/conda-meta/{dist}.json", json.dumps(record, indent=2))
    listed = os.path.expanduser("~/.conda/environments.txt")
    os.makedirs(os.path.dirname(listed), exist_ok=True)
    with open(listed, "a") as f:
        f.write(prefix + "\n")

dict(cache=cache, more=more, hold=hold, env=env)[sys.argv[1]](*sys.argv[2:])
