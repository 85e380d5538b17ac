package main

// cleanHelp is the help of gclean and of "gclean clean". It is one text, in
// the groups that conda's help has, because pflag cannot write "[PATH ...]".
const cleanHelp = `Remove unused packages and caches, as conda clean does.

Usage:
  gclean [-a] [-i] [-p] [-t] [-f] [-c [PATH ...]] [-l] [flags]
  gclean ls [DIST...] [flags]
  gclean report [flags]
  gclean verify [DIST...] [flags]
  gclean slim PREFIX [flags]
  gclean info [flags]
  gclean envs [flags]
  gclean why DIST... [flags]

Removal targets:
  -a, --all                   index cache, unused packages, tarballs, temp
                              files, log files and trash
  -i, --index-cache           index cache
  -p, --packages              extracted packages that no environment uses
  -t, --tarballs              package archives and partial downloads
  -f, --force-pkgs-dirs       everything in the package caches but packages
                              that an environment soft-links; the other
                              targets are ignored
  -c, --tempfiles [PATH ...]  temp files (*.c~, *.trash) below the PATHs;
                              without a PATH, below the root prefix
  -l, --logfiles              log files
      --keep-needed           with -t, leave archives whose extracted package is
                              missing or broken, or goes by the same plan
      --locks                 lock files that no process holds
      --trash                 what conda, mamba or a killed gclean put aside

Policies, narrowing what --packages and --tarballs take:
      --older-than SPAN       what has not been used for 30d, 2w, 12h
      --keep-last N           but the N newest versions of each package name
      --max-size SIZE         until a cache has at most 50G, or 20% of its file
                              system; the least recently used first
      --min-free SIZE         until 50G or 10% of the file system are available;
                              the least recently used first
      --include GLOB          these distributions only; repeatable
      --exclude GLOB          but these distributions; repeatable

Where to look:
      --pkgs-dir DIR          a package cache, in place of those configured;
                              repeatable. --all then looks for temp files
                              only below the folders given with -c, or else
                              --root-prefix and --prefix
      --prefix DIR            one more environment; repeatable
      --envs-dir DIR          one more folder of environments; repeatable
      --root-prefix DIR       the conda installation
      --root DIR              look inside DIR, an image or chroot, only
      --search DIR            every environment below DIR, other file systems
                              mounted there left out; repeatable
      --all-users             the caches of every user too; for root
      --config FILE           gclean.yaml, in place of those in /etc and
                              $XDG_CONFIG_HOME: the names of flags are its keys
      --no-config             no gclean.yaml

Output and prompt:
  -d, --dry-run               show what would be removed, remove nothing
  -y, --yes                   do not ask
      --json                  one JSON document; never asks, so it needs
                              --yes or --dry-run
  -q, --quiet                 print what went wrong, and one line if something
                              was removed
  -v, --verbose               name every entry, and why it stays
      --log-format FORMAT     log on stderr as text or json (log/slog), in place
                              of what people read; never asks
      --metrics FILE          write the figures of the run for the node exporter
      --ignore-unreadable     take environments that cannot be read for empty
      --grace DURATION        keep what changed within it, e.g. 10m; unless
                              given, 10m while another conda, mamba or pixi
                              runs, else 0s
      --lock-timeout DURATION wait for a cache that is locked (default 5m)
      --jobs N                folders read or removed at a time; 0 chooses
  -h, --help                  this text
      --version               the version

Exit codes: 0 done; 1 something could not be removed; 2 wrong usage;
3 something was kept because it may be in use; 130 interrupted.
`

// infoHelp is the help of "gclean info".
const infoHelp = `Show the caches, environments and configuration that gclean finds.

Usage:
  gclean info [flags]

      --pkgs-dir DIR     a package cache, in place of those configured; repeatable
      --prefix DIR       one more environment; repeatable
      --envs-dir DIR     one more folder of environments; repeatable
      --root-prefix DIR  the conda installation
      --root DIR         look inside DIR, an image or chroot, only
      --search DIR       every environment below DIR; repeatable
      --all-users        the caches of every user too; for root
      --config FILE      gclean.yaml, in place of the usual ones
      --no-config        no gclean.yaml
      --json             one JSON document
  -h, --help             this text
`

// envsHelp is the help of "gclean envs".
const envsHelp = `Show the environments that gclean finds, where each was learned from, how many
packages it has, and whether it can be read.

Usage:
  gclean envs [flags]

      --pkgs-dir DIR     a package cache, in place of those configured; repeatable
      --prefix DIR       one more environment; repeatable
      --envs-dir DIR     one more folder of environments; repeatable
      --root-prefix DIR  the conda installation
      --root DIR         look inside DIR, an image or chroot, only
      --search DIR       every environment below DIR; repeatable
      --all-users        the caches of every user too; for root
      --config FILE      gclean.yaml, in place of the usual ones
      --no-config        no gclean.yaml
      --json             one JSON document
  -h, --help             this text
`

// whyHelp is the help of "gclean why".
const whyHelp = `Show what holds packages and archives in the caches: every environment, by which
record and link, with one file as proof.

Usage:
  gclean why DIST... [flags]

DIST is name-version-build, a name alone, or a pattern: 'numpy-1.26*'. The exit
code is 2 if no cache has one of them.

      --pkgs-dir DIR     a package cache, in place of those configured; repeatable
      --prefix DIR       one more environment; repeatable
      --envs-dir DIR     one more folder of environments; repeatable
      --root-prefix DIR  the conda installation
      --root DIR         look inside DIR, an image or chroot, only
      --search DIR       every environment below DIR; repeatable
      --all-users        the caches of every user too; for root
      --config FILE      gclean.yaml, in place of the usual ones
      --no-config        no gclean.yaml
      --json             one JSON document
  -h, --help             this text
`

// lsHelp is the help of "gclean ls".
const lsHelp = `List the packages in the caches.

Usage:
  gclean ls [DIST...] [flags]

A DIST is a distribution, such as numpy-1.26.4-py311h64a7726_0, or a pattern of
them, such as 'numpy-*'. Columns: SIZE is the sum of file sizes, FREED what df
would gain if the package went alone; HELD the number of environments that use
the extracted package, "+" where something else keeps it.

      --sort KEY           name (default), size, age or held
      --json               one JSON document
      --pkgs-dir DIR       a package cache, in place of those configured; repeatable
      --prefix DIR         one more environment; repeatable
      --envs-dir DIR       one more folder of environments; repeatable
      --root-prefix DIR    the conda installation
      --root DIR           look inside DIR, an image or chroot, only
      --search DIR         every environment below DIR; repeatable
      --all-users          the caches of every user too; for root
      --config FILE        gclean.yaml, in place of the usual ones
      --no-config          no gclean.yaml
      --ignore-unreadable  take environments that cannot be read for empty
      --jobs N             folders read at a time; 0 chooses
  -h, --help               this text

Exit codes: 0 done; 1 a DIST is in no cache, or a cache that was named cannot be
read; 2 wrong usage.
`

// reportHelp is the help of "gclean report".
const reportHelp = `Show who uses what in the caches, and what gclean --all would free now.

Usage:
  gclean report [flags]

By category, cache, owner, environment (what it alone uses, what it shares) and
package name; what several caches have both; the largest entries.

      --format FORMAT      table (default), json or csv; csv has a row an entry
      --json               as --format json
      --html FILE          one page with a treemap and tables that sort and
                           search; - is stdout
      --top N              rows of the long tables (10); 0 shows all
      --color WHEN         auto (default), always or never
      --pkgs-dir DIR       a package cache, in place of those configured; repeatable
      --prefix DIR         one more environment; repeatable
      --envs-dir DIR       one more folder of environments; repeatable
      --root-prefix DIR    the conda installation
      --root DIR           look inside DIR, an image or chroot, only
      --search DIR         every environment below DIR; repeatable
      --all-users          the caches of every user too; for root
      --config FILE        gclean.yaml, in place of the usual ones
      --no-config          no gclean.yaml
      --ignore-unreadable  take environments that cannot be read for empty
      --jobs N             folders read at a time; 0 chooses
  -h, --help               this text

Exit codes: 0 done; 1 a cache that was named cannot be read; 2 wrong usage;
3 something counts as held because it could not be read.
`

// verifyHelp is the help of "gclean verify".
const verifyHelp = `Compare what is in the caches with what it was when it came there.

Usage:
  gclean verify [DIST...] [flags]

Archives are read to their end and compared with the size and hash in
repodata_record.json and urls.txt, extracted packages with their paths.json.
A DIST is a distribution, such as numpy-1.26.4-py311h64a7726_0, or a pattern of
them, such as 'numpy-*'.

What to do:
      --fast               presence, types and sizes only
      --remove             remove what is broken and not in use
      --force              with --remove, what is in use too
      --repair             extract broken packages anew from their archives

Where to look:
      --pkgs-dir DIR       a package cache, in place of those configured; repeatable
      --prefix DIR         one more environment; repeatable
      --envs-dir DIR       one more folder of environments; repeatable
      --root-prefix DIR    the conda installation
      --root DIR           look inside DIR, an image or chroot, only
      --search DIR         every environment below DIR; repeatable
      --all-users          the caches of every user too; for root
      --config FILE        gclean.yaml, in place of the usual ones
      --no-config          no gclean.yaml

Output and prompt:
  -d, --dry-run            show what would be removed or repaired
  -y, --yes                do not ask
      --json               one JSON document; with --remove or --repair it needs
                           --yes or --dry-run
  -q, --quiet              print only what is broken
  -v, --verbose            name every entry that was checked
      --ignore-unreadable  take environments that cannot be read for empty
      --grace DURATION     skip what is broken and changed within it; unless
                           given, 10m while another conda, mamba or pixi
                           runs, else 0s
      --lock-timeout DURATION
                           wait for a cache that is locked (default 5m)
      --jobs N             files read at a time; 0 chooses
  -h, --help               this text

Exit codes: 0 all is sound, or was removed or repaired; 1 something is broken or
cannot be read, or a DIST is in no cache; 2 wrong usage; 3 something was kept
because it may be in use; 130 interrupted.
`
