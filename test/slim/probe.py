"""Prints what an environment can do, a line for each result, in an order that does not
change: probe.py science|compilers. Fails if something was left out, or has no end: what is
not tried shows nothing."""
import concurrent.futures, hashlib, os, re, resource, shutil, signal, subprocess, sys, tempfile

SELF_TESTS = ["numpy/fft/tests", "numpy/polynomial/tests/test_printing.py", "sympy/sets/tests/test_sets.py"]
PACKAGES = ["numpy", "sympy.core", "Cython", "IPython", "ipykernel", "jupyter_client", "jupyter_core", "nbformat", "traitlets", "cffi",
            "setuptools", "dateutil", "jedi", "zmq", "json",
            "unittest", "email", "multiprocessing", "tkinter", "ctypes", "xml", "importlib", "asyncio", "sqlite3", "curses"]
IMPORT = """
import importlib, io, pkgutil, sys, warnings
warnings.simplefilter("ignore")
out, sys.stdout = sys.stdout, io.StringIO()
skip = {"test", "tests", "testing", "conftest", "setup", "idle_test", "__main__", "demos", "msvs", "windows"}
def do(name):
    try:
        importlib.import_module(name)
        result = "ok"
    except BaseException as e:
        result = type(e).__name__
    print("import", name, result, file=out)
def below(name):
    do(name)
    path = getattr(sys.modules.get(name), "__path__", None)
    for m in sorted(pkgutil.iter_modules(path), key=lambda m: m.name) if path else []:
        if m.name not in skip and not m.name.startswith("test_"):
            below(name + "." + m.name)
below(sys.argv[1])
"""
RUN = {
    "science": {
        "numpy": ["python3", "-c", "import numpy as n; r=n.random.default_rng(1); a=r.random((50,50)); print(n.linalg.eigvalsh(a@a.T).sum().round(6))"],
        "sympy": ["python3", "-c", "from sympy import *; x=symbols('x'); print(integrate(sin(x)**2*x,x), solve(x**3-1,x))"],
        "cython": ["python3", "-c", "open('/tmp/h.pyx','w').write('cimport cython\\ndef f(int n): return n*2'); from Cython.Build import cythonize; print(len(cythonize('/tmp/h.pyx',quiet=True)), open('/tmp/h.c').read().count('__pyx_'))"],
        "notebook": ["python3", "-c", "import nbformat as n; b=n.v4.new_notebook(cells=[n.v4.new_code_cell('print(1)')]); n.validate(b); print(len(b.cells), n.writes(n.from_dict({**b, 'cells': []})))"],
        "ipython": ["python3", "-m", "IPython", "--quick", "-c", "%timeit -n1 -r1 1\nprint(6*7)", "--no-banner", "--InteractiveShell.colors=NoColor"],
        "help": ["python3", "-c", "import numpy; help(numpy.sum); help('if'); help('json')"],
        "R": ["/usr/lib/R/bin/R", "--vanilla", "--slave", "-e", "print(coef(lm(dist~speed,cars))); print(summary(iris)); library(stats4); print(t.test(extra~group,sleep)$p.value)"],
        "R help": ["/usr/lib/R/bin/R", "--vanilla", "--slave", "-e", "print(length(unclass(help('lm'))))"],
        "perl": ["perl", "-MJSON", "-MPOSIX", "-MList::Util=sum", "-MEncode", "-e", "print JSON->new->canonical->encode({a=>sum(1..9),b=>POSIX::floor(2.5),c=>length(encode('UTF-8',chr(8364)))})"],
        "perl modules": ["perl", "-MTest::More", "-MData::Dumper", "-MStorable", "-MTime::HiRes", "-MDigest::SHA", "-e", "is(1,1); print Digest::SHA::sha1_hex('x'); done_testing()"],
        "test.support": ["python3", "-c", "import unittest, doctest; print(unittest.TextTestRunner().run(unittest.TestSuite()).wasSuccessful())"],
    },
    "compilers": {
        "gcc": ["sh", "-c", "printf '#include <stdio.h>\\n#include <zlib.h>\\nint main(){printf(\"%%lu\\\\n\",crc32(0,(void*)\"x\",1));}' >/tmp/x.c && gcc -o /tmp/x /tmp/x.c -lz && /tmp/x"],
        "gcc -static": ["sh", "-c", "printf 'int puts(const char*);int main(){puts(\"static\");}' >/tmp/y.c && gcc -static -o /tmp/y /tmp/y.c && /tmp/y"],
        "gcc -fsanitize": ["sh", "-c", "printf 'int main(int c,char**v){int a[3]={0};return a[c-1];}' >/tmp/z.c && gcc -fsanitize=undefined -o /tmp/z /tmp/z.c && /tmp/z && echo sound"],
        "cffi": ["sh", "-c", "cd /tmp && python3 -c \"import cffi; f=cffi.FFI(); f.cdef('int twice(int);'); f.set_source('_twice','int twice(int x){return 2*x;}'); f.compile(); import sys; sys.path.insert(0,'.'); import _twice; print(_twice.lib.twice(21))\""],
        "cython": ["sh", "-c", "cd /tmp && echo 'def f(int n): return n*2' >q.pyx && python3 -c \"import pyximport; pyximport.install(build_dir='/tmp/pyx'); import sys; sys.path.insert(0,'.'); import q; print(q.f(4))\""],
    },
}


def clean(text):
    text = re.sub(r"0x[0-9a-f]+|\d+(\.\d+)? ?[mµun]?s\b( ± .*)?|/tmp/tmp\w+", "*", text)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


MEMORY = 2 << 30  # bytes of address space of one process
FILE = 64 << 20   # bytes of a file that it writes, its output too


def bounded():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(command, timeout=60):
    """A home of its own for each: cpan answers differently once it has one. Output goes to
    files, so that what never stops printing fills no memory; what a program starts and
    leaves behind ends with it. None is what does not end in time."""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=bounded, start_new_session=True,
                                 env=dict(os.environ, HOME=home))
        except FileNotFoundError:  # the interpreter of a script is in no package here
            return subprocess.CompletedProcess(command, 127, "", "not found")
        try:
            p.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            try:
                os.killpg(p.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            p.wait()
        for f in (out, err):
            f.seek(0)
        return subprocess.CompletedProcess(command, p.returncode, *(f.read(4 << 20).decode(errors="replace") for f in (out, err)))


def imports(name):
    r = run(["python3", "-c", IMPORT, name])
    return r.stdout.splitlines() if r else [f"import {name} never ends"]


def entry_point(name):
    r = run(["/usr/bin/" + name, "--help"])
    return [f"entry-point {name} never ends" if r is None else f"entry-point {name} {r.returncode} {clean(r.stdout)}"]


def entry_points():
    for name in sorted(os.listdir("/usr/bin")):
        try:
            head = open("/usr/bin/" + name, "rb").readline(200)
        except OSError:
            continue
        # debconf asks a database of questions that is not set up here, for ever.
        if re.match(rb"#!.*(python|perl)", head) and not re.match(r"idle|debconf", name):
            yield name


def self_test(name):
    kept = "/debs/self-tests/" + name
    r = run(["python3", "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", "--import-mode=importlib", "-W", "ignore", kept], 300)
    if r is None:
        return [f"self-test {name} never ends"]
    last = (r.stdout.strip().splitlines() or [""])[-1]
    passed = ", ".join(re.findall(r"\d+ (?:passed|xfailed|xpassed|skipped|failed|errors?)", last))
    return [f"self-test {name} {passed or 'error ' + r.stdout[-200:] + r.stderr[-200:]}"]


def program(item):
    name, command = item
    r = run(command)
    if r is None or r.returncode:
        return [f"run {name} failed: " + " ".join((r.stderr if r else "never ends").split())[-300:]]
    return [f"run {name} {clean(r.stdout)}"]


def keep_self_tests():
    """The first time, keeps self-tests where slim does not take them."""
    for t in SELF_TESTS:
        kept, now = "/debs/self-tests/" + t, "/usr/lib/python3.11/site-packages/" + t
        if not os.path.exists(kept):
            os.makedirs(os.path.dirname(kept), exist_ok=True)
            (shutil.copytree if os.path.isdir(now) else shutil.copy)(now, kept)


def faults(kind, lines):
    """What was not shown."""
    for line in lines:
        if line.endswith("never ends") or re.match("run .* failed|self-test .* error ", line):
            yield line
    for name in packages(kind):
        if f"import {name} ok" not in lines:
            yield f"{name} is not imported"
    if kind == "science" and not all(re.search(rf"^self-test {t} .*\d+ passed", "\n".join(lines), re.M) for t in SELF_TESTS):
        yield "a self-test passes nothing"


def packages(kind):
    return [p for p in PACKAGES if kind == "science" or p in ("Cython", "cffi", "json", "setuptools")]


def main(kind):
    jobs = []
    if kind == "science":
        keep_self_tests()
        jobs += [(self_test, t) for t in SELF_TESTS]
    jobs += [(imports, p) for p in packages(kind)]
    jobs += [(entry_point, e) for e in entry_points()]
    jobs += [(program, i) for i in RUN[kind].items()]
    lines = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(lambda j: j[0](j[1]), jobs):
            lines += found
    print("\n".join(lines))
    bad = list(faults(kind, lines))
    if bad:
        sys.exit("\n".join(bad))


main(sys.argv[1])
