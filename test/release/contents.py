"""Looks into every file of a release: it has the programs that were built for its platform,
and is what its own format says: contents.py DIST PIP. Needs dpkg-deb and rpm."""

import base64
import glob
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib

dist, pip = sys.argv[1:]
PROGRAMS = ("gclean", "gclean-lint-dockerfile")
seen = set()


def built(platform, name):
    (path,) = glob.glob(f"{dist}/{name}_{platform}*/{name}*")
    with open(path, "rb") as f:
        return f.read()


def the(pattern):
    (path,) = glob.glob(f"{dist}/{pattern}")
    seen.add(os.path.basename(path))
    return path


def same(path, platform, found, programs=PROGRAMS):
    """found has the bytes of each program, or their SHA-256."""
    for name in programs:
        want = built(platform, name)
        assert found[name] in (want, hashlib.sha256(want).hexdigest()), f"{path}: {name} is not what was built"


def program(path):
    """The name of a program, or "" for another file."""
    folder, name = os.path.split(path.removeprefix("./"))
    name = name.removesuffix(".exe")
    return name if name in PROGRAMS and folder.strip("/") in ("", "usr/bin") else ""


def unpacked(tar):
    return {program(m.name): tar.extractfile(m).read() for m in tar if m.isfile()}


def names(archive):
    if archive.endswith(".zip"):
        return set(zipfile.ZipFile(archive).namelist())
    with tarfile.open(archive) as tar:
        return set(tar.getnames())


def archives(platform):
    if platform.startswith("windows"):
        path = the(f"gclean_*_{platform}.zip")
        z = zipfile.ZipFile(path)
        same(path, platform, {program(n): z.read(n) for n in z.namelist()})
    else:
        path = the(f"gclean_*_{platform}.tar.gz")
        with tarfile.open(path) as tar:
            same(path, platform, unpacked(tar))


def packages(platform):
    path = the(f"gclean_*_{platform}.deb")
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", path], check=True, stdout=subprocess.PIPE).stdout
    same(path, platform, unpacked(tarfile.open(fileobj=io.BytesIO(tar))))
    path = the(f"gclean_*_{platform}.rpm")
    dump = subprocess.run(["rpm", "-qp", "--dump", path], check=True, text=True, stdout=subprocess.PIPE).stdout
    same(path, platform, {program(words[0]): words[3] for words in map(str.split, dump.splitlines())})
    path = the(f"gclean_*_{platform}.apk")
    with open(path, "rb") as f:
        control = zlib.decompressobj(31)
        control.decompress(f.read())
    same(path, platform, unpacked(tarfile.open(fileobj=io.BytesIO(zlib.decompress(control.unused_data, 31)))))


def wheels():
    """Asks pip which wheel it takes on each platform."""
    count = 0
    for tag, platform in (
        ("manylinux_2_17_x86_64", "linux_amd64"), ("manylinux2014_x86_64", "linux_amd64"), ("musllinux_1_1_x86_64", "linux_amd64"),
        ("manylinux_2_17_aarch64", "linux_arm64"), ("manylinux2014_aarch64", "linux_arm64"), ("musllinux_1_1_aarch64", "linux_arm64"),
        ("manylinux_2_17_ppc64le", "linux_ppc64le"), ("musllinux_1_1_ppc64le", "linux_ppc64le"),
        ("manylinux_2_17_s390x", "linux_s390x"), ("musllinux_1_1_s390x", "linux_s390x"),
        ("macosx_12_0_x86_64", "darwin_amd64"), ("macosx_15_0_arm64", "darwin_arm64"),
        ("win_amd64", "windows_amd64"), ("win_arm64", "windows_arm64"),
    ):
        with tempfile.TemporaryDirectory() as tmp:
            subprocess.run([pip, "download", "-q", "--disable-pip-version-check", "--no-index", "--find-links", dist, "--no-deps",
                            "--only-binary=:all:", "--platform", tag, "--pre", "-d", tmp, "gclean"], check=True)
            (name,) = os.listdir(tmp)
        path = the(name)
        z = zipfile.ZipFile(path)
        assert z.testzip() is None
        same(path, platform, {program(os.path.basename(n)): z.read(n) for n in z.namelist() if ".data/scripts/" in n})
        (record,) = (n for n in z.namelist() if n.endswith(".dist-info/RECORD"))
        lines = dict(line.split(",", 1) for line in z.read(record).decode().splitlines())
        assert lines.keys() == set(z.namelist()), (path, lines)
        for n, said in lines.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(z.read(n)).digest()).decode().rstrip("=")
            assert said == ("," if n == record else f"sha256={digest},{z.getinfo(n).file_size}"), (path, n, said)
        (about,) = (n for n in z.namelist() if n.endswith(".dist-info/WHEEL"))
        tags = re.findall(r"(?m)^Tag: py3-none-(\S+)$", z.read(about).decode())
        assert sorted(tags) == sorted(name.removesuffix(".whl").split("-")[-1].split(".")), (path, tags)
        count += 1
    print(f"wheels: pip chooses the right one on {count} platforms")


def image(platforms):
    path = the("gclean_*_image.tar")
    with tarfile.open(path) as tar:
        blob = lambda digest: tar.extractfile("./blobs/" + digest.replace(":", "/")).read()
        (top,) = json.load(tar.extractfile("./index.json"))["manifests"]
        manifests = {"linux_" + m["platform"]["architecture"]: json.loads(blob(m["digest"])) for m in json.loads(blob(top["digest"]))["manifests"]}
        assert manifests.keys() == platforms, manifests
        for platform, manifest in manifests.items():
            config = json.loads(blob(manifest["config"]["digest"]))
            assert "linux_" + config["architecture"] == platform and config["config"]["Entrypoint"] == ["/gclean"], config
            (layer,) = manifest["layers"]
            with tarfile.open(fileobj=io.BytesIO(blob(layer["digest"]))) as files:
                assert files.getnames() == ["gclean"], files.getnames()
                same(path, platform, unpacked(files), ["gclean"])
        for member in tar:
            if member.isfile() and "/blobs/sha256/" in "/" + member.name:
                assert hashlib.sha256(tar.extractfile(member).read()).hexdigest() == os.path.basename(member.name), member.name


def sboms(platforms):
    for platform in platforms:
        system, processor = platform.split("_")
        for name in PROGRAMS:
            path = the(f"{name}_*_{platform}.cdx.json")
            with open(path) as f:
                document = json.load(f)
            about = document["metadata"]["component"]
            assert document["bomFormat"] == "CycloneDX" and len(document["components"]) > 5, path
            assert about["purl"].endswith(f"?goarch={processor}&goos={system}&type=module#cmd/{name}"), (path, about["purl"])
            assert any(c["name"] == "std" for c in document["components"]), path


def manifests(sums):
    """What the cask and the Scoop manifest name is in the archives."""
    with open(dist + "/scoop/gclean.json") as f:
        found = [(m["url"], m["hash"], m["bin"]) for m in json.load(f)["architecture"].values()]
    with open(dist + "/homebrew/Casks/gclean.rb") as f:
        cask = f.read()
    assert '"com.apple.quarantine", "{{staged_path}}"' in cask, "macOS would refuse to run the programs of the cask"
    version = re.search(r'version "(.*)"', cask)[1]
    inside = re.findall(r'^  (?:binary|manpage|(?:bash|fish|zsh)_completion) "(.*)"$', cask, re.MULTILINE)
    assert {"gclean", "gclean-lint-dockerfile", "man/gclean.1", "completion/_gclean"} <= set(inside), inside
    found += [(url.replace("#{version}", version), digest, inside) for digest, url in re.findall(r'sha256 "(.*)"\s*url "(.*)"', cask)]
    assert len(found) == 6, found
    for url, digest, wanted in found:
        name = url.rpartition("/")[2]
        assert sums[name] == digest, url
        assert set(wanted) <= names(os.path.join(dist, name)), (name, wanted)
    print("cask and Scoop manifest: 6 archives, and the files that they name")


def main():
    linux = {"linux_amd64", "linux_arm64", "linux_ppc64le", "linux_s390x"}
    platforms = linux | {"darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64"}
    with open(dist + "/checksums.txt") as f:
        sums = {name: digest for digest, name in map(str.split, f)}
    for platform in sorted(platforms):
        archives(platform)
        if platform in linux:
            packages(platform)
    image(linux)
    sboms(platforms)
    wheels()
    manifests(sums)
    assert seen == sums.keys(), ("not looked at", seen ^ sums.keys())
    print(f"{len(seen)} files have the programs of their platform, or the SBOM of one")


main()
