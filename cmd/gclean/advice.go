package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/quarantine"
	"gclean/cache/removal"
	"gclean/cache/verify"
	"gclean/internal/shellquote"
	"gclean/internal/suggest"
	"gclean/internal/units"
	"gclean/meta"
	"gclean/meta/absence"
	"gclean/meta/dist"
	"gclean/slim"
	"gclean/walk/lease"
	"gclean/walk/open"
)

// told is the message of a library's error, with advice on what to do. Libraries do not
// know flags; only this file names them.
func told(err error) string {
	text := err.Error()
	if errors.Is(err, context.Canceled) {
		text = strings.ReplaceAll(text, context.Canceled.Error(), "interrupted")
	}
	if e := (*cache.TooLargeError)(nil); errors.As(err, &e) {
		text = strings.Replace(text, e.Error(), fmt.Sprintf("%s: still %s above --max-size %s: gclean can remove nothing else in it",
			e.Path, units.Bytes(e.Over), e.Max), 1)
	}
	if e := (*cache.TooManyFilesError)(nil); errors.As(err, &e) {
		text = strings.Replace(text, e.Error(), fmt.Sprintf("%s: still %d inodes above --max-files %d: gclean can remove nothing else in it",
			e.Path, e.Over, e.Max), 1)
	}
	if e := (*cache.TooFewFilesError)(nil); errors.As(err, &e) {
		text = strings.Replace(text, e.Error(), fmt.Sprintf("%s: still %d inodes short of --min-free-files %s, with %d free: gclean can remove nothing else in the caches",
			e.Path, e.Missing, e.Min, e.Free), 1)
	}
	if e := (*cache.UsedError)(nil); errors.As(err, &e) {
		text = strings.Replace(text, e.Error(), fmt.Sprintf("used %s ago; --older-than is %s", units.Span(e.Ago), units.Setting(e.OlderThan)), 1)
	}
	if e := (*cache.BusyError)(nil); errors.As(err, &e) {
		text = strings.Replace(text, e.Error(), fmt.Sprintf("%s: kept %s: %v", e.Cache, units.Count(e.Entries, "entry", "entries"), e.Err), 1)
	}
	if e := (*cache.TooFullError)(nil); errors.As(err, &e) {
		text = strings.Replace(text, e.Error(), fmt.Sprintf("%s: still %s short of --min-free %s, with %s available: gclean can remove nothing else in the caches",
			e.Path, units.Bytes(e.Missing), e.Min, units.Bytes(e.Available)), 1)
	}
	switch {
	case errors.Is(err, meta.ErrOnlyRoot), errors.As(err, new(*meta.HomeError)):
		text = "--all-users: " + text
	case errors.Is(err, meta.ErrCachesNamed):
		text = "--all-users and --pkgs-dir: choose one. One looks for caches, the other names them"
	}
	if advice := adviceOn(err); advice != "" {
		text += "; " + advice
	}
	return text
}

// adviceOn says what to do about an error. It is "" if there is nothing to add to the
// error's own text.
func adviceOn(err error) string {
	unasked, busy, held := (*cache.UnaskedError)(nil), (*cache.BusyError)(nil), (*lease.HeldError)(nil)
	switch {
	case errors.As(err, &held):
		where := "every host"
		if held.Damaged == nil {
			where = quoted(held.Holder.Host)
		}
		return fmt.Sprintf("try again or raise --lock-timeout; if it no longer runs on %s, remove the file", where)
	case errors.As(err, new(*removal.LockTimeoutError)):
		return "try again or raise --lock-timeout"
	case errors.As(err, new(*cache.NoCacheError)):
		return "name one with --pkgs-dir"
	case errors.As(err, &unasked) && unasked.Environment && errors.Is(err, absence.ErrUnproven):
		return "if it is gone for good, pass --gone " + shellquote.Quote(unasked.Path)
	case errors.As(err, new(*cache.NoInodesError)):
		return "use --max-files or --min-free instead of --min-free-files"
	case errors.Is(err, removal.ErrNoQuarantine):
		return "clean without --quarantine to remove it"
	case errors.Is(err, quarantine.ErrNewer):
		return "use that gclean, or --force-pkgs-dirs"
	case errors.As(err, &busy):
		return endOfBusy(err)
	case errors.As(err, new(*slim.FrozenError)):
		return "to change it anyway, pass --override-frozen"
	case errors.As(err, new(*meta.HomeError)):
		return "with sudo, use sudo -H"
	case errors.As(err, new(*meta.UserError)) && errors.Is(err, fs.ErrPermission):
		return "let every user execute the file of gclean, and let root use setuid"
	case errors.Is(err, cache.ErrNotFolder):
		return "if it is a symlink, pass its target to --pkgs-dir"
	case errors.Is(err, cache.ErrPattern):
		return `use *, ? and [a-z], and put \ before a literal *, ? or [`
	case errors.Is(err, cache.ErrVersionSpec):
		return "for numpy=1.26, write 'numpy-1.26*'"
	case errors.Is(err, verify.ErrNoArchive):
		return "remove it with --remove, or install it again"
	case errors.Is(err, verify.ErrBrokenArchive):
		return "remove both with --remove, or install it again"
	case errors.Is(err, verify.ErrArchiveItself):
		return "remove it with --remove; conda downloads it again when it needs it"
	case errors.Is(err, verify.ErrUnproven):
		return "install it again, which downloads it"
	}
	return adviceOnRound(err)
}

// again is a command line that can be pasted: gclean or a command such as "round close",
// with the words in more. It has the root, caches and environments of this run.
func (a *app) again(command string, more ...string) string { return a.againBut("", command, more...) }

// againBut is again without a flag that this run has, and for another person: folders are
// named by their whole paths.
func (a *app) againBut(flag, command string, more ...string) string {
	words, target := strings.Fields(a.name), a.cmd.Root()
	if sub, rest, err := target.Find(strings.Fields(command)); err == nil && len(rest) == 0 {
		words, target = append(words, strings.Fields(command)...), sub
	}
	words = append(words, more...)
	place := func(f *pflag.Flag) bool {
		return f != nil && slices.Equal(f.Annotations[headingKey], []string{placeHeading})
	}
	a.cmd.Flags().Visit(func(f *pflag.Flag) {
		name := "--" + f.Name
		own := f.Name == "name" || f.Name == "prefix" && a.cmd.Name() == "verify" // the environment of this run, not a place to look
		if !place(f) || !place(target.Flags().Lookup(f.Name)) || own || f.Name == flag || a.fileSays(f.Name) || slices.Contains(more, name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(*dirList); ok {
			values = *list
		}
		for _, value := range values {
			if flag != "" && f.Value.Type() == "DIR" {
				value = absolute(value)
			}
			switch {
			case f.Value.Type() == "bool":
				words = append(words, name)
			case strings.HasPrefix(value, "-"):
				words = append(words, name+"="+value)
			default:
				words = append(words, name, value)
			}
		}
	})
	return shellquote.Join(words...)
}

// toldOfRepair says why an entry is not repaired, and what to do.
func (a *app) toldOfRepair(e *cache.Entry, err error) string {
	if errors.Is(err, verify.ErrForeignTrash) {
		return told(err) + "; first run: " + a.again("", "--trash", "--pkgs-dir", e.Dir)
	}
	return told(err)
}

// nearDist ends a message about a distribution that no cache has. It is "" if no
// distribution in the caches has a similar name.
func nearDist(pattern string, dists []string) string {
	var names []string
	for _, d := range dists {
		name, _, _ := dist.Split(d)
		names = append(names, name)
	}
	word := pattern[strings.LastIndex(pattern, "::")+1:]
	word = strings.TrimPrefix(word, ":")
	if dist.IsArchive(word) {
		word = dist.OfArchive(word)
	}
	if meant := didYouMean("", word, slices.Concat(names, dists)); meant != "" {
		return meant
	}
	// The name is right, or almost; the version is wrong.
	for i := range word {
		if strings.ContainsRune("*?[", rune(word[i])) || i > 0 && word[i-1] == '-' && word[i] >= '0' && word[i] <= '9' {
			word = word[:i]
			break
		}
	}
	return didYouMean("", strings.TrimSuffix(word, "-"), names)
}

// nearChannel ends a message about a pattern whose channel nothing comes from: with the
// channel that was meant, or with those that there are.
func nearChannel(p cache.Unmatched) string {
	const most = 5
	at := strings.LastIndex(p.Pattern, "::")
	if name := suggest.Nearest(p.Pattern[:at], p.Channels); name != "" {
		return ": did you mean " + strconv.Quote(name+p.Pattern[at:]) + "?"
	}
	if len(p.Channels) == 0 {
		return ""
	}
	return ", but from " + units.List(quotedAll(p.Channels), most)
}

// nearEnvironment ends a message about a path that is not an environment. It is "" if no
// environment beside it has a similar name.
func nearEnvironment(path string) string {
	dir, name := filepath.Split(path)
	names := slices.DeleteFunc(environmentsIn(dir), func(other string) bool { return other == name })
	return didYouMean(dir, name, names)
}

// environmentsIn are the names of the environments in a folder.
func environmentsIn(dir string) []string {
	names, err := open.Names(dir)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(names, func(name string) bool {
		fi, err := os.Stat(filepath.Join(dir, name, meta.CondaMeta))
		return err != nil || !fi.IsDir()
	})
}

// reasonText is the sentence of a reason, which follows "kept: ".
func reasonText(r hold.Reason) string {
	switch r {
	case cache.NotInAll:
		return "pass --locks to remove lock files"
	case cache.NotIncluded:
		return "not among --include"
	}
	return cache.Sentence(r)
}
