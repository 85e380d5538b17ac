"""A stand-in for conda, with its order of reads and links.

conda install CACHE PREFIX DIST GATE   looks for DIST in the cache, waits until the file
GATE is there, if it is not "-", downloads DIST if it was not found, and soft-links it.
"""
import json, os, shutil, sys, time
sys.path.insert(0, "/rig")
sys.argv[1:], rest = [], sys.argv[2:]
cache, prefix, dist, gate = rest
folder = f"{cache}/{dist}"
# PackageCacheData.load: a folder with info/index.json is a package; else the archive is
# extracted in its place.
found = os.path.isfile(f"{folder}/info/index.json")
if not found and os.path.isfile(folder + ".conda"):
    sys.exit("the archive was found, and the folder would be removed")
print("looked", flush=True)
while gate != "-" and not os.path.exists(gate):
    time.sleep(0.05)
if not found:  # ExtractPackageAction: aside, anew, and the old one goes
    old = folder + ".c~"
    if os.path.lexists(folder):
        os.rename(folder, old)
    os.makedirs(folder + "/info")
    os.makedirs(folder + "/lib")
    name, version, build = dist.rsplit("-", 2)
    for path, text in {"lib/one": "anew", "info/paths.json": '{"paths": [], "paths_version": 1}', "info/index.json": json.dumps(dict(name=name, version=version, build=build))}.items():
        with open(f"{folder}/{path}", "w") as f:
            f.write(text)
    shutil.rmtree(old, ignore_errors=True)
os.makedirs(prefix + "/lib", exist_ok=True)
os.makedirs(prefix + "/conda-meta", exist_ok=True)
os.symlink(f"{folder}/lib/one", f"{prefix}/lib/{dist}")
with open(f"{prefix}/conda-meta/{dist}.json", "w") as f:
    name, version, build = dist.rsplit("-", 2)
    json.dump(dict(name=name, version=version, build=build, files=["lib/" + dist], extracted_package_dir=folder, link=dict(source=folder, type=2)), f)
