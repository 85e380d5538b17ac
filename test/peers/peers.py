"""What test/peers/run does, in the folder of its first argument: see there."""

import asyncio
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

top, repo = Path(sys.argv[1]), Path(sys.argv[2])
gclean_binary = top / "gclean"
channel, away = top / "channel", top / "channel-away"
os.environ.update(
    GCLEAN_VERSION="0.1.0",
    GCLEAN_BINARY=str(gclean_binary),
    GCLEAN_LINTER=str(top / "gclean-lint-dockerfile"),
    GCLEAN_RELEASE=str(top / "release"),
)
import rattler  # noqa: E402
import rattler_build  # noqa: E402
from rattler_build.render import RenderConfig  # noqa: E402
from rattler_build.tool_config import PlatformConfig  # noqa: E402

SUBDIRS = ["linux-64", "noarch"]
# rattler does not link packages by symlinks: if only these are allowed, it copies.
LINKS = {
    "hard links": "allow-symbolic-links=true\nallow-hard-links=true\nallow-ref-links=false\n",
    "reflinks": "allow-symbolic-links=true\nallow-hard-links=false\nallow-ref-links=true\n",
    "copies": "allow-symbolic-links=true\nallow-hard-links=false\nallow-ref-links=false\n",
    "copies of symlinks too": "allow-symbolic-links=false\nallow-hard-links=false\nallow-ref-links=false\n",
}


def check(good, *what):
    if not good:
        sys.exit("FAIL: " + " ".join(str(w) for w in what))


def run(*args, want=0, **more):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, **more)
    check(done.returncode == want, args, "exit code", done.returncode, done.stdout, done.stderr)
    return done.stdout


def gclean(*args, cache, envs=(), binary=gclean_binary, want=0):
    named = [x for env in envs for x in ("--prefix", env)]
    if args[0].startswith("-"):
        args += ("--grace=0s",)
    if args[0] != "envs":
        args += ("--pkgs-dir", cache)
    return run(binary, *args, "--no-config", *named, want=want)


def tree(folder):
    """Every path below folder with its mode, and its content or target."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):
            content = os.readlink(path)
        elif stat.S_ISREG(about.st_mode):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            content = ""
        found[str(path.relative_to(folder))] = (oct(about.st_mode), content)
    return found


def packages(cache):
    return {p.name.rsplit("-", 2)[0] for p in Path(cache).iterdir() if p.is_dir() and (p / "info").is_dir()}


async def solve(*specs):
    return await rattler.solve([rattler.Channel(channel.as_uri())], list(specs), gateway=rattler.Gateway(), platforms=SUBDIRS)


async def install(records, prefix, cache, links):
    await rattler.install(records, target_prefix=str(prefix), cache_dir=cache, show_progress=False, config=rattler.Config.from_toml(LINKS[links]))


def make_channel():
    """Build with rattler-build, without a channel, and index with conda-index."""
    built = {}
    for folder in (channel, top / "second" / "channel"):
        for path, tests in ((repo / "test/peers/recipe.yaml", "skip"), (repo / "contrib/conda/recipe.yaml", "native")):
            recipe = rattler_build.Stage0Recipe.from_file(path)
            recipe.run_build(output_dir=folder, channels=[], no_build_id=True, no_include_recipe=True,
                             tool_config=rattler_build.ToolConfiguration(test_strategy=tests))
        for archive in sorted(folder.glob("*/*.conda")):
            where = top / "unpacked" / folder.parent.name / archive.stem
            run("cph", "x", archive, "--dest", where)
            files = tree(where)
            # rattler-build writes the time only here.
            index = json.loads((where / "info/index.json").read_text())
            check(index.pop("timestamp"), "no timestamp")
            files["info/index.json"] = index
            built.setdefault(archive.name, []).append(files)
    for name, (one, another) in built.items():
        check(not name.startswith(("gclean-", "conda-gclean-")) or one == another, name, "is not the same twice:",
              [(k, one.get(k), another.get(k)) for k in one.keys() | another.keys() if one.get(k) != another.get(k)])
    # Windows looks for programs elsewhere. What is in them does not matter here.
    windows = top / "windows"
    rattler_build.Stage0Recipe.from_file(repo / "contrib/conda/recipe.yaml").run_build(
        output_dir=windows, channels=[], no_build_id=True, tool_config=rattler_build.ToolConfiguration(test_strategy="skip"),
        render_config=RenderConfig(platform=PlatformConfig(target_platform="win-64")))
    (archive,) = windows.glob("win-64/gclean-*.conda")
    programs = {name for name in run("cph", "list", archive).split() if name.endswith(".exe")}
    check(programs == {"Library/bin/gclean.exe", "Library/bin/gclean-lint-dockerfile.exe"}, archive, programs)
    # conda-index needs conda's order of versions, and conda is not on PyPI.
    stub = top / "stub" / "conda"
    for name, text in {"__init__": "", "models/__init__": "", "base/__init__": "",
                       "models/version": "from rattler import Version as VersionOrder\n",
                       "base/constants": 'PLATFORM_DIRECTORIES = ("noarch", "linux-64")\n'}.items():
        (stub / name).parent.mkdir(parents=True, exist_ok=True)
        (stub / (name + ".py")).write_text(text)
    run(sys.executable, "-m", "conda_index", "--no-current-repodata", channel, env={**os.environ, "PYTHONPATH": str(stub.parent)})
    indexed = {n for s in SUBDIRS for n in json.loads((channel / s / "repodata.json").read_text())["packages.conda"]}
    check(indexed == set(built), "conda-index has", indexed)
    print(f"rattler-build and conda-index: {len(built)} packages; gclean's two have the same content twice")


async def rattlers(links, where, cache, holds):
    """Two environments and one that is gone; clean; install again from what is left."""
    envs = [where / "envs" / "one", where / "envs" / "two"]
    meta, unused = await solve("meta"), await solve("unused")
    for env in envs:
        await install(meta, env, cache, links)
    gone = where / "envs" / "gone"
    await install(unused, gone, cache, links)
    shutil.rmtree(gone)
    probe = envs[0] / "lib/native/data"
    inode = probe.stat().st_ino == (cache / "native-1.0-hb0f4dca_0/lib/native/data").stat().st_ino
    check(not probe.is_symlink() and inode == holds, links, "were not made" if holds else "were made")
    if links == "reflinks":
        exclusive = run("btrfs", "filesystem", "du", "--raw", probe).splitlines()[-1].split()[1]
        check(exclusive == "0", probe, "shares no extents:", exclusive)
    before = [tree(env) for env in envs]
    check(gclean("verify", cache=cache, envs=envs).rstrip().endswith("all sound."), "verify", links)
    listed = json.loads(gclean("envs", "--json", cache=cache, envs=envs))["environments"]
    check([e["prefix"] for e in listed] == [str(e) for e in envs] and {e["record_count"] for e in listed} == {len(meta)}, listed)
    why = gclean("why", "native", cache=cache, envs=envs)
    check(("hard-linked from outside" in why) == holds, links, "why says", why)
    gclean("-a", "-y", cache=cache, envs=envs)
    check([tree(env) for env in envs] == before, links, "an environment has changed")
    check(run(envs[0] / "bin/native") == f"native of {envs[0]}\n", "native")
    check(run(envs[1] / "bin/pure") == "pure\n", "pure")
    left = packages(cache)
    check("unused" not in left and (not holds or {"native", "pure", "python", "meta"} <= left), links, "left", left)
    check(holds or not left & {"native", "pure", "python"}, links, "left", left)
    gclean("verify", cache=cache, envs=envs)
    # The held packages must work without the channel; the others come from it again. An
    # environment at the same path is the same, byte for byte.
    if holds:
        channel.rename(away)
    try:
        shutil.rmtree(envs[1])
        await install(meta, envs[1], cache, links)
        again = tree(envs[1])
        check(again == before[1], links, "is another when installed again:",
              [(k, again.get(k), before[1].get(k)) for k in again.keys() | before[1].keys() if again.get(k) != before[1].get(k)])
        third = where / "envs" / "three"
        await install(meta, third, cache, links)
    finally:
        if holds:
            away.rename(channel)
    check(run(third / "bin/native") == f"native of {third}\n" and run(third / "bin/pure") == "pure\n", "three")
    same = {p for p in before[0] if p.startswith(("lib/", "share/"))} - {"lib/native/binary"}
    after = tree(third)
    check({p: after[p] for p in same} == {p: before[0][p] for p in same}, links, "the third is another")
    check(after.keys() == before[0].keys(), after.keys() ^ before[0].keys())
    print(f"rattler, {links}, {where.name} of {cache.parent.name}: {len(left)} packages left, environments as they were")


async def own_package():
    """gclean and its plugin, in an environment, run from there; its own package is held."""
    cache, env = top / "plain" / "own", top / "plain" / "own-env"
    await install(await solve("conda-gclean", "unused"), env, cache, "hard links")
    before = tree(env)
    own = env / "bin/gclean"
    (cache / "stray.conda").write_bytes(b"x")
    gclean("-a", "-y", cache=cache, envs=[env], binary=own)
    check(tree(env) == before and "gclean" in packages(cache) and not (cache / "stray.conda").exists(), packages(cache))
    why = json.loads(gclean("why", "gclean", "--json", cache=cache, envs=[env], binary=own))
    check("hard_linked" in json.dumps(why), why)
    program = ("import importlib.metadata as m, sys; (e,) = m.entry_points(group='conda', name='conda-gclean'); "
               "(c,) = e.load().conda_subcommands(); sys.argv[0] = c.name; c.action(sys.argv[1:])")
    said = run(env / "bin/python", "-c", program, "--version", env={**os.environ, "PATH": f"{env}/bin:{os.environ['PATH']}"})
    check(said.startswith("conda gclean version "), said)
    (man,) = (env / "share/man/man1").glob("gclean.1")
    check(man.stat().st_size > 1000, "man page")
    bad = top / "Dockerfile"
    bad.write_text("FROM x\nRUN conda install -y numpy\n")
    check("[not_cleaned]" in run(own, "lint-dockerfile", bad, want=1), "gclean lint-dockerfile")
    print("gclean from its conda package: held while it cleans, and run by the plugin")


def conda_like():
    """conda's own extractors fill a cache; verify, repair and tarballs of it."""
    from conda_package_streaming import extract
    cache, want = top / "plain" / "conda-pkgs", {}
    cache.mkdir()
    (cache / "urls.txt").write_text("")
    for n, archive in enumerate(sorted(channel.glob("*/*.conda"))):
        shutil.copy(archive, cache)
        dist = archive.stem
        if n % 2:
            run("cph", "x", cache / archive.name, "--dest", cache / dist)
        else:
            extract.extract(str(cache / archive.name), str(cache / dist))
        if n % 3 == 0:  # the other format, as conda-package-handling writes it
            run("cph", "t", cache / archive.name, ".tar.bz2", "--out-folder", cache)
            (cache / archive.name).unlink()
            shutil.rmtree(cache / dist)
            run("cph", "x", cache / (dist + ".tar.bz2"), "--dest", cache / dist)
        with (cache / "urls.txt").open("a") as f:
            name = archive.name if n % 3 else dist + ".tar.bz2"
            f.write(f"{channel.as_uri()}/{archive.parent.name}/{name}\n")
        want[dist] = tree(cache / dist)
    said = gclean("verify", cache=cache)
    check(said.rstrip().endswith("all sound."), said)
    broken = cache / next(d for d in want if d.startswith("native-"))
    (broken / "bin/native").write_text("broken")
    (broken / "share/native/empty").unlink()
    gclean("verify", cache=cache, want=1)
    gclean("verify", "--repair", "--yes", cache=cache)
    for dist, files in want.items():
        got = tree(cache / dist)
        check(got == files, dist, "is repaired otherwise", {k: (files.get(k), got.get(k)) for k in files.keys() | got.keys() if files.get(k) != got.get(k)})
    gclean("-t", "-y", cache=cache)
    check(packages(cache) == {d.rsplit("-", 2)[0] for d in want} and not list(cache.glob("*.conda")), "tarballs")
    gclean("-p", "-y", cache=cache)
    check(not packages(cache), packages(cache))
    print(f"conda-package-handling and conda-package-streaming: {len(want)} packages sound, one repaired as cph would")


async def main():
    make_channel()
    plain, btrfs, other = top / "plain", top / "btrfs", top / "other"
    await rattlers("hard links", plain / "hard", plain / "hard" / "pkgs", True)
    await rattlers("copies of symlinks too", plain / "copies", plain / "copies" / "pkgs", False)
    await rattlers("copies", plain / "copy", plain / "copy" / "pkgs", False)
    await rattlers("reflinks", btrfs / "ref", btrfs / "ref" / "pkgs", False)
    await rattlers("hard links", btrfs / "hard", btrfs / "hard" / "pkgs", True)
    # Files that cannot be linked from another file system are copied.
    await rattlers("hard links", other / "apart", plain / "apart" / "pkgs", False)
    await own_package()
    conda_like()


asyncio.run(main())
