package dockerlint_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gclean/internal/dockerlint"
)

// found are the findings of a Dockerfile, each "LINE code".
func found(t *testing.T, dockerfile, target string) []string {
	t.Helper()
	res, err := dockerlint.Check([]byte(dockerfile), dockerlint.Options{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, f := range res.Findings {
		list = append(list, fmt.Sprintf("%d %s", f.Line, f.Rule.Code()))
		if f.Line < f.Instruction || f.Line > f.End || f.Stage == "" || f.Message == "" || strings.ContainsAny(f.Message, "\n\r") {
			t.Errorf("a finding is not whole: %+v", f)
		}
	}
	for _, e := range res.Unread {
		list = append(list, fmt.Sprintf("%d unread", e.Line))
	}
	return list
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ name, dockerfile, want string }{
		// Installs.
		{"conda", "FROM x\nRUN conda install -y numpy", "2 not_cleaned"},
		{"cleaned", "FROM x\nRUN conda install -y numpy && conda clean -afy", ""},
		{"cleaned by gclean", "FROM x\nRUN conda install -y numpy && gclean -afy", ""},
		{"cleaned by the command", "FROM x\nRUN conda install -y numpy && /usr/local/bin/gclean clean -a --yes", ""},
		{"cleaned before", "FROM x\nRUN conda clean -afy && conda install -y numpy", "2 not_cleaned"},
		{"a line of several", "FROM x\nRUN apt-get update \\\n  # why\n\n && conda install -y numpy \\\n && echo done", "5 not_cleaned"},
		{"semicolons", "FROM x\nRUN set -e; conda install -y a; conda install -y b; conda clean -ay", ""},
		{"mamba", "FROM x\nRUN mamba env update -n base -f /tmp/env.yml", "2 not_cleaned"},
		{"environment.yml", "FROM x\nRUN conda env create", "2 not_cleaned"},
		{"micromamba", "FROM x\nRUN ./bin/micromamba -r /opt/conda create -yp /opt/app -f lock.yml", "2 not_cleaned"},
		{"pixi", "FROM x\nRUN pixi install --locked", "2 not_cleaned"},
		{"pixi cleaned", "FROM x\nRUN pixi install && pixi clean cache --yes", ""},
		{"pixi cleaned by rm", "FROM x\nRUN pixi install && rm -rf ~/.cache/rattler", ""},
		{"pixi is not cleaned by conda", "FROM x\nRUN pixi install && conda clean -afy", "2 not_cleaned"},
		{"pixi, a part", "FROM x\nRUN pixi install && pixi clean cache --pypi", "2 cleaning_misses"},
		{"pixi run", "FROM x\nRUN pixi run build", ""},
		{"an empty environment", "FROM x\nRUN conda create -y -n app", ""},
		{"help", "FROM x\nRUN conda install --help && micromamba --version", ""},
		{"dry run", "FROM x\nRUN conda install -yd numpy && mamba install --dry-run numpy", ""},
		{"the cache is wanted", "FROM x\nRUN conda install --download-only -y gcc && conda clean -iy", ""},
		{"words about it", "FROM x\nRUN echo conda install numpy && pip install conda install && grep 'conda install' x", ""},
		{"retry", "FROM x\nRUN retry 3 conda install -y numpy", "2 not_cleaned"},
		{"sudo", "FROM x\nRUN sudo -E -u app CONDA_X=1 conda install -y numpy", "2 not_cleaned"},
		{"timeout", "FROM x\nRUN timeout -k 5 600 mamba install -y numpy", "2 not_cleaned"},
		{"xargs", "FROM x\nRUN cat list | xargs -r conda install -y", ""},
		{"xargs without specs", "FROM x\nRUN cat list | xargs conda install -y", "2 not_cleaned"},
		{"xargs with specs", "FROM x\nRUN cat list | xargs -n 9 conda install -y numpy", "2 not_cleaned"},
		{"bash -c", "FROM x\nRUN bash -lc 'source /x && conda install -y numpy'", "2 not_cleaned"},
		{"bash -c, several lines", "FROM x\nRUN bash -c 'true && \\\n # why\n conda install -y numpy'", "4 not_cleaned"},
		{"bash -c, several lines and a variable", "FROM x\nARG V=1\nRUN true && \\\n bash -c \"true && \\\n conda install -y numpy=$V\"", "5 not_cleaned"},
		{"bash -c, escaped", "FROM x\nRUN bash -c \"echo \\\"a\\\" && \\\n conda install -y numpy\"", "2 not_cleaned"},
		{"bash -c in JSON", "FROM x\nRUN [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\", \"conda install -y numpy\"]", "2 not_cleaned"},
		{"JSON", "FROM x\nRUN [\"conda\", \"install\", \"-y\", \"numpy\"]", "2 not_cleaned"},
		{"su", "FROM x\nRUN su - app -c 'conda install -y numpy && conda clean -ay'", ""},
		{"conda run", "FROM x\nRUN conda run -n base mamba install -y numpy", "2 not_cleaned"},
		{"a condition", "FROM x\nARG GPU\nRUN if [ -n \"$GPU\" ]; then\\\n conda install -y cuda; fi; conda clean -afy", ""},
		{"a loop", "FROM x\nRUN for p in a b; do conda install -y $p; done", "2 not_cleaned"},
		{"a function", "FROM x\nRUN clean() { conda clean -afy; }; conda install -y numpy; clean", ""},
		{"a function too early", "FROM x\nRUN clean() { conda clean -afy; }; clean; conda install -y numpy", "2 not_cleaned"},
		{"a function with arguments", "FROM x\nRUN retry() { n=$1; shift; while [ $n -gt 0 ]; do \"$@\" && return; done; }; retry 3 conda install -y numpy", "2 not_cleaned"},
		{"a function that cleans", "FROM x\nRUN add() { conda \"$1\" -y \"$2\" && conda clean -afy; }; add install numpy", ""},
		{"a command substitution", "FROM x\nRUN LOG=$(conda install -y numpy) && echo $(conda clean -afy)\nRUN echo $(pixi install)", "3 not_cleaned"},
		{"a trap", "FROM x\nRUN trap 'gclean -afy' EXIT; conda install -y numpy", ""},
		{"ARG", "FROM x\nARG INSTALL=\"conda install -y numpy\"\nRUN ${INSTALL}", "3 not_cleaned"},
		{"$CONDA_DIR", "FROM x\nRUN $CONDA_DIR/bin/conda install -y numpy", "2 not_cleaned"},
		{"$MAMBA_EXE", "FROM x\nRUN \"${MAMBA_EXE}\" install -y numpy", "2 not_cleaned"},
		{"ONBUILD", "FROM x\nONBUILD RUN conda install -y numpy", "2 not_cleaned"},
		{"a cleaning script", "FROM x\nRUN conda install -y numpy && /tmp/clean-layer.sh", ""},
		{"a script", "FROM x\nRUN ./install.sh", ""},
		{"a script of the project", "FROM x\nRUN conda install -y numpy && /opt/post_build.sh", ""},
		{"a script of the project without a suffix", "FROM x\nRUN conda install -y numpy && ./ci/finish", ""},
		{"a script for a shell", "FROM x\nRUN conda install -y numpy && bash -eu -o pipefail /opt/finish", ""},
		{"a script that is sourced", "FROM x\nRUN conda install -y numpy && . ./finish.sh", ""},
		{"a script before", "FROM x\nRUN ./prepare.sh && conda install -y numpy", "2 not_cleaned"},
		{"a script in a later RUN", "FROM x\nRUN conda install -y numpy\nRUN ./finish.sh", "2 not_cleaned"},
		{"a script before COPY", "FROM x AS b\nRUN conda install -y numpy\nRUN ./finish.sh\nFROM y\nCOPY --from=b /opt/conda /opt/conda", ""},
		{"a hook is no script", "FROM x\nRUN conda install -y numpy && . /opt/conda/etc/profile.d/conda.sh && eval \"$(conda shell.bash hook)\"", "2 not_cleaned"},
		{"an installer is no script", "FROM x\nRUN conda install -y numpy && bash /tmp/Miniforge3.sh -b -p /opt/other", "2 not_cleaned"},
		{"programs are no scripts", "FROM x\nRUN conda install -y numpy && /opt/conda/bin/pip install y && make clean && apt-get clean && update.sh", "2 not_cleaned"},
		{"an unknown command", "FROM x\nARG AFTER\nRUN conda install -y numpy && $AFTER", ""},
		{"an unknown script", "FROM x\nARG AFTER\nRUN conda install -y numpy && eval \"$AFTER\"", ""},
		{"Python removes", "FROM x\nRUN conda install -y numpy && python -c 'import shutil; shutil.rmtree(\"/opt/conda/pkgs\")'", ""},
		{"python -m conda", "FROM x\nRUN python -m conda install -y numpy\nRUN python3 -m conda install -y a && python3 -m conda clean -afy", "2 cleaned_later"},

		// Heredocs.
		{"heredoc", "FROM x\nRUN <<EOF\nset -e\n# comment\nconda install -y numpy\nEOF", "5 not_cleaned"},
		{"heredoc with backquotes in a comment", "FROM x\nRUN \\\n --network=host \\\n<<EOF\n# as `f(\"x\")` does, it's\nconda install -y numpy\nEOF\nRUN true", "6 not_cleaned"},
		{"heredoc cleaned", "FROM x\nRUN <<EOF\nconda install -y numpy\ngclean -afy\nEOF", ""},
		{"heredoc of bash", "FROM x\nRUN bash -e <<'EOF'\nconda install -y numpy\nEOF\nRUN true", "3 not_cleaned"},
		{"heredoc of a shell in an environment", "FROM x\nRUN conda run -n base bash -e -s <<EOF\ntrue\nconda install -y numpy\nEOF", "4 not_cleaned"},
		{"heredoc for a script", "FROM x\nRUN bash x.sh <<EOF\nconda install -y numpy\nEOF", ""},
		{"heredoc in a file", "FROM x\nRUN cat > /x.sh <<EOF\nconda install -y numpy\nEOF", ""},
		{"heredoc of Python", "FROM x\nRUN python3 <<EOF\nconda install -y numpy\nEOF", ""},
		{"heredoc with an interpreter", "FROM x\nRUN <<EOF\n#!/usr/bin/env python3\nprint('conda install -y numpy')\nEOF", ""},
		{"heredoc with tabs", "FROM x\nRUN <<-EOF && true\n\tconda install -y numpy\n\tEOF\nRUN conda install -y a", "3 not_cleaned, 5 not_cleaned"},
		{"COPY of a heredoc", "FROM x\nCOPY <<EOF /etc/x\nRUN conda install -y numpy\nEOF", ""},

		// Where the caches are.
		{"cache mount", "FROM x\nRUN --mount=type=cache,target=/opt/conda/pkgs conda install -y numpy", ""},
		{"cache mount, variable", "FROM x\nENV D=/opt/conda\nRUN --mount=type=cache,target=$D/pkgs,sharing=locked \\\n  conda install -y numpy", ""},
		{"cache mount of pip", "FROM x\nRUN --mount=type=cache,target=/root/.cache/pip conda install -y numpy", "2 not_cleaned"},
		{"cache mount of the index", "FROM x\nRUN --mount=type=cache,target=/opt/conda/pkgs/cache conda install -y numpy && conda clean -ty", ""},
		{"cache mount of pixi", "FROM x\nRUN --mount=type=cache,target=/root/.cache/rattler/cache,sharing=private pixi install", ""},
		{"cache mount of another", "FROM x\nRUN --mount=type=cache,target=/root/.cache/rattler conda install -y numpy", "2 not_cleaned"},
		{"CONDA_PKGS_DIRS", "FROM x\nENV CONDA_PKGS_DIRS=/tmp/pkgs\nRUN --mount=type=tmpfs,target=/tmp conda install -y numpy", ""},
		{"CONDA_PKGS_DIRS and rm", "FROM x\nENV CONDA_PKGS_DIRS=/tmp/c\nRUN conda install -y numpy && rm -rf /tmp/*", ""},
		{"CONDA_PKGS_DIRS of a command", "FROM x\nRUN CONDA_PKGS_DIRS=/dev/shm/p conda install -y numpy", ""},
		{"CONDA_PKGS_DIRS of a command and rm", "FROM x\nRUN CONDA_PKGS_DIRS=/tmp/p conda install -y numpy && rm -rf /tmp/*", ""},
		{"CONDA_PKGS_DIRS of mktemp", "FROM x\nRUN T=$(mktemp -d) && CONDA_PKGS_DIRS=$T conda install -y numpy && rm -rf \"$T\"", ""},
		{"MAMBA_ROOT_PREFIX of a command and rm", "FROM x\nRUN MAMBA_ROOT_PREFIX=/tmp/m micromamba create -yp /env numpy && rm -rf /tmp/m", ""},
		{"MAMBA_ROOT_PREFIX of a command, mounted", "FROM x\nRUN --mount=type=cache,target=/m MAMBA_ROOT_PREFIX=/m micromamba create -yp /env numpy", ""},
		{"rm of another folder", "FROM x\nRUN CONDA_PKGS_DIRS=/var/p conda install -y numpy && rm -rf /tmp/*", "2 not_cleaned"},
		{"XDG_CACHE_HOME", "FROM x\nENV XDG_CACHE_HOME=/c\nRUN pixi install && rm -rf /c\nRUN --mount=type=cache,target=/c pixi install", ""},
		{"HOME", "FROM x\nENV HOME=/h\nUSER app\nRUN --mount=type=cache,target=/h/.cache/rattler pixi install", ""},
		{"mv", "FROM x\nRUN conda install -y numpy && mv /opt/conda/pkgs /tmp/p && rm -rf /tmp/p", ""},
		{"rm", "FROM x\nRUN conda install -y numpy && rm -rf ${CONDA_DIR}/pkgs/*", ""},
		{"rm of the program", "FROM x\nRUN ./bin/micromamba create -yp /env numpy && rm -rf /root/.cache bin/micromamba", "2 not_cleaned"},
		{"rm of all of conda", "FROM x\nRUN /root/miniconda3/bin/conda create -yp /env numpy && rm -rf ~/miniconda3", ""},
		{"rm of an environment", "FROM x\nRUN conda install -y numpy && rm -rf /opt/conda/envs/x", "2 not_cleaned"},
		{"rm of archives and the index", "FROM x\nRUN conda install -y numpy && rm -rf /opt/conda/pkgs/*.tar.bz2 /opt/conda/pkgs/cache", ""},
		{"find", "FROM x\nRUN conda install -y numpy && find /opt/conda/pkgs -mindepth 1 -delete", ""},
		{"find of all but one", "FROM x\nRUN conda install -y numpy && find /opt/conda/pkgs/* -maxdepth 0 ! -name urls.txt -exec rm -r {} +", ""},
		{"find of archives", "FROM x\nRUN conda install -y numpy && find /opt/conda -name '*.conda' -delete && conda clean -iy", ""},
		{"rm with a pattern of zsh", "FROM x\nSHELL [\"zsh\", \"-c\"]\nRUN conda install -y numpy && rm -rf /opt/conda/pkgs/*(N)", ""},
		{"rm of an unknown folder of conda", "FROM x\nRUN micromamba create -yp /env numpy && rm -rf \"$MAMBA_ROOT_PREFIX\"", ""},
		{"rm of another unknown folder", "FROM x\nRUN micromamba create -yp /env numpy && rm -rf \"$TMPDIR\"", "2 not_cleaned"},
		{"rm of the other end of a link", "FROM x\nRUN ln -s /c /opt/conda/pkgs && conda install -y numpy && rm -rf /c", ""},
		{"a mount at an unknown place", "FROM x\nARG CACHE\nRUN --mount=type=cache,target=$CACHE conda install -y numpy", ""},
		{"find of links", "FROM x\nRUN conda install -y numpy && find /opt/conda -type l -delete", "2 not_cleaned"},
		{"find of empty folders", "FROM x\nRUN conda install -y numpy && find /opt/conda -type d -empty -delete", "2 not_cleaned"},
		{"find and xargs", "FROM x\nRUN conda install -y numpy && find /opt/conda/pkgs -type f -print0 | xargs -0 rm -f", ""},
		{"find of libraries and xargs", "FROM x\nRUN conda install -y numpy && find /opt/conda -name '*.a' | xargs rm -f", "2 not_cleaned"},
		{"ls and xargs", "FROM x\nRUN conda install -y numpy && ls -d /opt/conda/pkgs/* | grep -v urls | xargs rm -r", ""},
		{"find without rm", "FROM x\nRUN conda install -y numpy && find /opt/conda/pkgs | xargs ls", "2 not_cleaned"},
		{"pkgs_dirs that a RUN writes", "FROM x\nRUN printf 'channels: [a]\\npkgs_dirs:\\n  - /tmp/p\\n' > ~/.condarc && conda install -y numpy && rm -rf /tmp/p", ""},
		{"pkgs_dirs in a heredoc", "FROM x\nRUN cat > /root/.condarc <<EOF\npkgs_dirs: [/tmp/a, \"/tmp/b\"]\nEOF\nRUN conda install -y numpy && rm -rf /tmp/b", ""},
		{"pkgs_dirs in a COPY", "FROM x\nCOPY <<EOF /root/.condarc\npkgs_dirs:\n- /tmp/p\nEOF\nRUN --mount=type=cache,target=/tmp conda install -y numpy", ""},
		{"pkgs_dirs elsewhere", "FROM x\nRUN echo 'pkgs_dirs: [/var/p]' > ~/.condarc && conda install -y numpy && rm -rf /tmp/p", "2 not_cleaned"},
		{"find of libraries", "FROM x\nRUN conda install -y numpy && find /opt/conda -name '*.a' -delete", "2 not_cleaned"},

		// Cleaning.
		{"later", "FROM x\nRUN conda install -y numpy\nRUN conda clean -afy", "2 cleaned_later"},
		{"later, after another", "FROM x\nRUN conda install -y a\nRUN conda install -y b && conda clean -afy", "2 cleaned_later"},
		{"later, alone", "FROM conda\nRUN apt-get update && conda clean -afy", "2 cleaned_later"},
		{"alone, after cleaning", "FROM conda\nRUN conda install -y a && conda clean -afy\nRUN pip install b && conda clean -afy", ""},
		{"alone, after a script", "FROM conda\nRUN conda install -y a && conda clean -afy\nRUN make\nRUN conda clean -afy", "4 cleaned_later"},
		{"alone, in the next stage", "FROM conda AS a\nRUN conda install -y a && conda clean -afy\nFROM a\nRUN conda clean -afy", ""},
		{"after a script", "FROM x\nRUN ./install.sh && conda clean -afy", ""},
		{"index only", "FROM x\nRUN conda install -y numpy && conda clean -iy", "2 cleaning_misses"},
		{"tarballs only", "FROM x\nRUN conda install -y numpy \\\n && conda clean --tarballs -y", "3 cleaning_misses"},
		{"two that do", "FROM x\nRUN conda install -y numpy && conda clean -ty && conda clean --index-cache -y", ""},
		{"abbreviated", "FROM x\nRUN conda install -y numpy && conda clean --yes --index --tar", ""},
		{"-tipsy", "FROM x\nRUN conda install -y numpy && conda clean -tipsy", ""},
		{"nothing named", "FROM x\nRUN conda install -y numpy && conda clean --yes", "2 cleaning_misses"},
		{"a dry run", "FROM x\nRUN conda install -y numpy && conda clean -ad", "2 not_cleaned"},
		{"older than", "FROM x\nRUN conda install -y numpy && gclean -ay --older-than 30d", "2 cleaning_misses"},
		{"gclean asks", "FROM x\nRUN conda install -y numpy && gclean -a", "2 cleaning_asks"},
		{"gclean asks nobody", "FROM x\nENV CONDA_ALWAYS_YES=true\nRUN conda install numpy && gclean -a", ""},
		{"gclean asks a condarc", "FROM x\nRUN conda config --set always_yes yes && conda install numpy && gclean -a", ""},
		{"conda takes the end for a yes", "FROM x\nRUN mamba install -y numpy && mamba clean --all", ""},
		{"pixi asks", "FROM x\nRUN pixi install && pixi clean cache", "2 cleaning_asks"},
		{"gclean looks", "FROM x\nRUN gclean report && gclean --help", ""},
		{"gclean is at hand", "FROM x\nCOPY --from=gclean /gclean /usr/bin/gclean\nRUN conda install -y a && conda clean -afy", "3 conda_clean"},
		{"gclean is mounted", "FROM x\nRUN --mount=type=bind,from=gclean,source=/gclean,target=/bin/gclean conda install -y a && conda clean -afy", "2 conda_clean"},
		{"a lock file", "FROM x\nRUN conda install -y --file conda-linux-64.lock && conda clean -tpy", ""},

		// Stages.
		{"copy of the caches", "FROM x AS build\nRUN conda install -y a\nFROM y\nCOPY --from=build /opt/conda /opt/conda", "4 caches_copied"},
		{"copy of /", "FROM x\nRUN pixi install\nFROM scratch\nCOPY --from=0 / /", "4 caches_copied"},
		{"copy of an environment", "FROM x AS build\nRUN conda create -yn app a\nFROM y\nCOPY --from=build /opt/conda/envs/app /app", ""},
		{"copy after cleaning", "FROM x AS build\nRUN conda install -y a\nRUN conda clean -afy\nFROM y\nCOPY --from=build /opt/conda /opt/conda", ""},
		{"copy of pixi's environment", "FROM x AS build\nRUN pixi install\nFROM y\nCOPY --from=build /app/.pixi/envs/prod /app", ""},
		{"copy of a copy", "FROM x AS a\nRUN conda install -y a\nFROM y AS b\nCOPY --from=a /opt/conda /c\nFROM z\nCOPY --from=b /c /d", "6 caches_copied"},
		{"copy of a copy, cleaned", "FROM x AS a\nRUN conda install -y a\nFROM y AS b\nCOPY --from=a /opt/conda /c\nRUN gclean -afy\nFROM z\nCOPY --from=b /c /d", ""},
		{"copy of a cache elsewhere", "FROM x AS a\nENV CONDA_PKGS_DIRS=/var/c\nRUN conda install -y a\nFROM y\nCOPY --from=a /opt/conda /opt/conda", ""},
		{"copy of a home", "FROM x AS a\nRUN conda install -y a\nFROM y\nCOPY --from=a /root /root", ""},
		{"copy of a home with conda in it", "FROM x AS a\nENV PATH=/root/m3/bin:/root/miniconda3/bin:$PATH\nRUN conda install -y a\nFROM y\nCOPY --from=a /root /root", "5 caches_copied"},
		{"copy of an installation", "FROM x AS a\nRUN bash M.sh -b -p /usr/c && /usr/c/bin/conda install -y a\nFROM y\nCOPY --from=a /usr/c/ /usr/c/", "4 caches_copied"},
		{"copy of an image's cache", "FROM x\nCOPY --from=y /opt/conda/pkgs /opt/conda/pkgs", "2 caches_copied"},
		{"copy of an image's conda", "FROM x\nCOPY --from=condaforge/miniforge3 /opt/conda /opt/conda", ""},
		{"copy without the caches", "FROM x AS a\nRUN conda install -y a\nFROM y\nCOPY --from=a --exclude=pkgs /opt/conda /opt/conda", ""},
		{"copy without something else", "FROM x AS a\nRUN conda install -y a\nFROM y\nCOPY --from=a --exclude=*.a /opt/conda /opt/conda", "4 caches_copied"},
		{"a stage that nobody needs", "FROM x AS test\nRUN conda install -y a\nFROM y\nRUN true", ""},
		{"built on a stage", "FROM x AS base\nRUN conda install -y a\nFROM base\nRUN true", "2 not_cleaned"},
		{"built on a stage, cleaned there", "FROM x AS base\nRUN conda install -y a\nFROM base\nRUN conda clean -afy", "2 cleaned_later"},
		{"two built on a stage", "FROM x AS base\nRUN conda install -y a\nFROM base AS other\nRUN conda clean -afy\nFROM base", "2 not_cleaned"},
		{"built on a variable", "ARG P=full\nFROM x AS full\nRUN conda install -y a\nFROM ${P}", "3 not_cleaned"},
		{"asks in a stage that is copied", "FROM x AS a\nRUN conda install -y a && gclean -a\nFROM y\nCOPY --from=a /opt/conda /opt/conda", "2 cleaning_asks"},

		// Shells, escapes.
		{"conda run as the shell", "FROM x\nSHELL [\"conda\", \"run\", \"-n\", \"app\", \"/bin/bash\", \"-c\"]\nRUN mamba install -y a", "3 not_cleaned"},
		{"cmd", "# escape=`\nFROM example.org/windows/servercore\nRUN if not exist C:\\x ( mkdir C:\\x )\nRUN C:\\m\\Scripts\\conda.exe install -y a", "4 not_cleaned"},
		{"cmd cleans", "# escape=`\nFROM example.org/windows/servercore\nRUN C:\\Miniconda3\\condabin\\conda.bat install -y a && rmdir /s /q C:\\Miniconda3\\pkgs", ""},
		{"the shell of micromamba's image", "FROM x\nSHELL [\"/usr/local/bin/_dockerfile_shell.sh\"]\nRUN micromamba install -y a", "3 not_cleaned"},
		{"another shell", "FROM x\nSHELL [\"powershell\", \"-Command\"]\nRUN if ($x) { conda install -y a }", ""},
		{"backticks", "# escape=`\nFROM x\nRUN echo a `\n && conda install -y a", "4 not_cleaned"},
		{"CRLF", "FROM x\r\nRUN echo a \\\r\n && conda install -y a\r\n", "3 not_cleaned"},
		{"no shell", "FROM x\nRUN conda install -y a\nRUN echo $(\nRUN conda install -y b", "2 not_cleaned, 4 not_cleaned, 3 unread"},

		// Comments.
		{"ignored", "FROM x\n# gclean: ignore=not_cleaned\nRUN conda install -y a", ""},
		{"ignored among others", "FROM x\n# why:\n# gclean: ignore=conda_clean, not_cleaned\n# more\nRUN conda install -y a", ""},
		{"ignored inside", "FROM x\nRUN true && \\\n# gclean: ignore=not_cleaned\n conda install -y a", ""},
		{"another ignored", "FROM x\n# gclean: ignore=conda_clean\nRUN conda install -y a", "3 not_cleaned"},
		{"ignored elsewhere", "FROM x\n# gclean: ignore=not_cleaned\n\nRUN conda install -y a", "4 not_cleaned"},
		{"ignored throughout", "# gclean: ignore=not_cleaned\n\nFROM x\nRUN conda install -y a\nRUN pixi install", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(found(t, c.dockerfile, ""), ", "); got != c.want {
				t.Errorf("found %q, want %q in\n%s", got, c.want, c.dockerfile)
			}
		})
	}
}

func TestTarget(t *testing.T) {
	const dockerfile = "FROM x AS base\nRUN conda install -y a\nFROM base AS prod\nRUN true\nFROM y AS docs\nRUN true"
	for target, want := range map[string]string{"": "", "docs": "", "prod": "2 not_cleaned", "PROD": "2 not_cleaned", "0": "2 not_cleaned"} {
		if got := strings.Join(found(t, dockerfile, target), ", "); got != want {
			t.Errorf("--target %q: %q, want %q", target, got, want)
		}
	}
	if _, err := dockerlint.Check([]byte(dockerfile), dockerlint.Options{Target: "absent"}); !errors.Is(err, dockerlint.ErrNoStage) {
		t.Errorf("error %v", err)
	}
}

func TestNoDockerfile(t *testing.T) {
	for content, line := range map[string]int{
		"": 0, "# nothing\n": 0, "FROM x\nRUM true\n": 2, "RUN true\n": 0, "FROM x\nRUN <<EOF\ntrue\n": 2,
		"FROM x\n# gclean: ignore=not_cleand\nRUN true\n": 2,
	} {
		_, err := dockerlint.Check([]byte(content), dockerlint.Options{})
		syntax := (*dockerlint.SyntaxError)(nil)
		if !errors.As(err, &syntax) {
			t.Errorf("%q: error %v", content, err)
		} else if line != 0 && syntax.Line != line {
			t.Errorf("%q: line %d, want %d: %v", content, syntax.Line, line, err)
		}
	}
}

func TestCodesAreDifferent(t *testing.T) {
	codes := dockerlint.Codes()
	if len(codes) != 6 {
		t.Errorf("%d rules", len(codes))
	}
	slices.Sort(codes)
	if got := slices.Compact(slices.Clone(codes)); len(got) != len(codes) {
		t.Errorf("a code twice: %v", codes)
	}
	for _, r := range dockerlint.Rules() {
		if !slices.Contains([]string{"error", "warning", "note"}, r.Level()) || !strings.HasSuffix(r.Summary(), ".") {
			t.Errorf("%s: %s, %s", r.Code(), r.Level(), r.Summary())
		}
	}
}

// FuzzCheck: nothing in a file makes the linter panic, or name a line that is not there.
func FuzzCheck(f *testing.F) {
	f.Add("FROM x\nRUN <<EOF\nconda install -y a\nEOF\nCOPY --from=0 / /\n")
	f.Add("# escape=`\nARG A=b\nFROM $A AS c\nRUN --mount=type=cache,target=$A a `\n b ${A:-c} $(d) | xargs conda create -n e f\n")
	f.Add("FROM x\nONBUILD RUN [\"sh\", \"-c\", \"eval conda install a; trap 'gclean -a' EXIT\"]\n# gclean: ignore=not_cleaned\nUSER a:b\nWORKDIR c")
	f.Fuzz(func(t *testing.T, content string) {
		res, err := dockerlint.Check([]byte(content), dockerlint.Options{})
		if err != nil {
			return
		}
		lines := strings.Count(content, "\n") + 1
		for _, found := range res.Findings {
			if found.Line < 1 || found.Line > lines || found.Related > lines {
				t.Errorf("%+v in a file of %d lines", found, lines)
			}
		}
	})
}

// TestLimits: a few lines that would fill the memory, or run for hours, are checked at once.
func TestLimits(t *testing.T) {
	calls := ""
	for c := 'a'; c < 'k'; c++ {
		calls += fmt.Sprintf("%c() { %s}; ", c, strings.Repeat(string(c+1)+"; ", 9))
	}
	for name, c := range map[string]struct{ dockerfile, want string }{
		"ARG":             {"FROM x\n" + strings.Repeat("ARG A=\"x$A$A\"\n", 60) + "RUN conda install -y $A", "62 not_cleaned"},
		"a shell":         {"FROM x\nRUN A=x; " + strings.Repeat("A=\"$A$A\"; ", 60) + "conda install -y $A", "2 not_cleaned"},
		"replacements":    {"FROM x\nRUN A=xxxxxxxx; " + strings.Repeat("A=${A//x/$A}; ", 20) + "conda install -y $A", "2 not_cleaned"},
		"functions":       {"FROM x\nRUN " + calls + "k() { true; }; conda install -y numpy; a", "2 not_cleaned"},
		"itself":          {"FROM x\nRUN f() { f; f; }; conda install -y numpy; f", "2 not_cleaned"},
		"braces":          {"FROM x\nRUN conda install -y numpy; echo " + strings.Repeat("{1..16000} ", 1000), "2 not_cleaned"},
		"one long RUN":    {"FROM x\nRUN conda install -y numpy" + strings.Repeat(" && \\\n true", 3000), "2 not_cleaned"},
		"not UTF-8":       {"FROM x\n# caf\xe9\nRUN echo \xff\xfe && conda install -y numpy", "3 not_cleaned"},
		"byte order mark": {"\ufeffFROM x\nRUN conda install -y numpy", "2 not_cleaned"},
	} {
		if got := strings.Join(found(t, c.dockerfile, ""), ", "); got != c.want {
			t.Errorf("%s: found %q, want %q", name, got, c.want)
		}
	}
}

// TestExamples: the only mistake in examples is the one that is there to be seen.
func TestExamples(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "Dockerfile"))
	if err != nil || len(paths) < 8 {
		t.Fatalf("%d examples, error %v", len(paths), err)
	}
	for _, path := range append(paths, filepath.Join("..", "..", "Dockerfile")) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		if filepath.Base(filepath.Dir(path)) == "later-run" {
			want = "7 cleaned_later"
		}
		if got := strings.Join(found(t, string(content), ""), ", "); got != want {
			t.Errorf("%s: found %q, want %q", path, got, want)
		}
	}
}
