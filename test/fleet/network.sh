# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # ./run has the variables, hosts expand what is in quotes
# Tests how several hosts with one cache on NFS affect each other, without a round.

# alike DIST...: packages that the server still has whole, as tree.py made them.
alike() {
  local dist
  for dist in "$@"; do
    on s "cd /srv/shared/pkgs/$dist && for f in lib/one lib/two share/doc/three; do
      python3 -c 'import sys; sys.exit(open(sys.argv[2]).read() != (sys.argv[1] + sys.argv[2]) * 100)' $dist \$f || exit 1; done" || return 1
  done
}

# many makes a cache with a package whose removal takes a while.
many() {
  on a 'rm -rf /shared/pkgs /shared/env /root/.conda/environments.txt'
  on s 'cd /srv/shared && python3 /rig/tree.py cache pkgs used-1.0-0 linked-1.0-0 free-1.0-0 large-1.0-0 &&
    python3 /rig/tree.py more pkgs/large-1.0-0 2500'
  on a 'python3 /rig/tree.py env /shared/env /shared/pkgs soft used-1.0-0
    python3 /rig/tree.py env /shared/env /shared/pkgs hard linked-1.0-0'
  on b 'mkdir -p /root/.conda && echo /shared/env >/root/.conda/environments.txt'
  on s sync
}

clean='gclean --pkgs-dir /shared/pkgs -p -y --grace 0s'

# background starts a run on a host. It must not have the file open that ./rig reads.
background() { on "$1" "rm -f /run/ended; (sh -c 'echo \$\$ >/run/run; exec $2' >/run/said 2>&1; echo \$? >/run/ended) >/dev/null 2>&1 &"; }

# halted starts a run on host a that has the lease, and waits for mamba's lock.
halted() {
  on a '(sh -c "echo \$\$ >/run/mamba; exec python3 /rig/tree.py hold /shared/pkgs/pkgs.lock") >/dev/null 2>&1 &
    until test -e /shared/pkgs/pkgs.lock; do sleep 0.1; done; sleep 0.5'
  background a "$clean --lock-timeout 100s"
  on a 'until grep -q Waiting /run/said; do test ! -e /run/ended || exit 1; sleep 0.1; done'
  on s 'test -e /srv/shared/pkgs/.gclean.lease'
}
# ended waits for the run of a host, and returns its exit code.
ended() { on "$1" 'until test -e /run/ended; do sleep 0.1; done; cat /run/said; exit $(cat /run/ended)'; }

# turns: of two runs on two hosts, one waits for the other, where every lock is local.
turns() {
  local said
  start "$1" rw,no_root_squash,async
  many
  want "$1: a run is in the middle" halted
  said=$(on b "$clean --lock-timeout 1s" 2>&1) && failed=1
  want "$1: another host's run is kept out and told by whom" says "$said" 'held by gclean on a \(pid [0-9]+\) since 20.*remove the file'
  want "$1: it has changed nothing" alike used-1.0-0 linked-1.0-0
  background b "$clean --lock-timeout 50s"
  want "$1: and waits if it may" on b 'until grep -q "gclean on a" /run/said; do test ! -e /run/ended || exit 1; sleep 0.1; done'
  on a 'kill -KILL $(cat /run/mamba)'
  want "$1: the first run ends" ended a
  want "$1: the one that waited goes on" ended b
  want "$1: what is used is whole" alike used-1.0-0 linked-1.0-0
  want "$1: no lease stays, nor anything unused" on s 'cd /srv/shared/pkgs && test ! -e .gclean.lease && test ! -e free-1.0-0 && test ! -e large-1.0-0'
  # A killed run leaves its lease. Its own host knows that the run is gone; no other host
  # does.
  many
  want "$1: a run is in the middle again" halted
  on a 'kill -KILL $(cat /run/run) $(cat /run/mamba)'
  ended a >/dev/null || true
  said=$(on b "$clean --lock-timeout 1s" 2>&1) && failed=1
  want "$1: another host does not break the lease of a killed run" says "$said" 'held by gclean on a .*remove the file'
  want "$1: the same host does, and goes on" on a "$clean && test ! -e /shared/pkgs/.gclean.lease && test ! -e /shared/pkgs/large-1.0-0"
  want "$1: what is used is whole after that" alike used-1.0-0 linked-1.0-0
}

# elsewhere: gclean sees a hard link that another host has just made, past this client's
# cache.
elsewhere() {
  local said
  start vers=4.2,actimeo=60 rw,no_root_squash,async
  on s 'cd /srv/shared && python3 /rig/tree.py cache pkgs late-1.0-0 free-1.0-0'
  said=$(on b "gclean --pkgs-dir /shared/pkgs -p -d --grace 0s --json")
  want "JSON says that other hosts were not asked" says "$said" '"code": "other_hosts"'
  want "once" test "$(grep -c '"other_hosts"' <<<"$said")" = 1
  on a 'python3 /rig/tree.py env /shared/env /shared/pkgs hard late-1.0-0'
  want "the client remembers the old link count" on b 'test "$(stat -c %h /shared/pkgs/late-1.0-0/lib/one)" = 1'
  said=$(on b "$clean" 2>&1) || true
  want "a package that another host has just linked stays" alike late-1.0-0
  want "and another goes" on s 'test ! -e /srv/shared/pkgs/free-1.0-0'
  want "people are told that other hosts were not asked" says "$said" 'environments on other hosts were not asked.*gclean round asks them first'
}

# away: the server goes away in the middle of a run, and comes back.
away() {
  start "$1" rw,no_root_squash,sync
  many
  on s 'modprobe sch_netem && tc qdisc add dev vec0 root netem delay 20ms'
  background a "$clean"
  want "$1: a run is in the middle" on a 'until test -e /shared/pkgs/.gclean-trash; do test ! -e /run/ended || exit 1; done'
  "$here/rig" kill "$dir/rig" s
  on a 'sleep 3'
  case $1 in
  *soft*) want "$1: the run fails" eval '! ended a' ;;
  *) want "$1: the run waits" on a 'test ! -e /run/ended' ;;
  esac
  "$here/rig" boot "$dir/rig" s
  case $1 in *soft*) ;; *) want "$1: the run goes on" ended a ;; esac
  # A soft mount returns errors until the server answers again: gclean then keeps
  # everything.
  want "$1: the next run finds nothing half done" on a "for try in 1 2 3 4 5 6 7 8 9 10; do $clean && break; sleep 3; done; test ! -e /shared/pkgs/large-1.0-0 && test ! -e /shared/pkgs/.gclean-trash && test ! -e /shared/pkgs/.gclean.lease"
  want "$1: nothing is lost" alike used-1.0-0 linked-1.0-0
}
