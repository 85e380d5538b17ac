package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/units"
	"gclean/meta"
)

// endingOf is what would end a doubt, or what keeps an entry for a while: a line for
// people. "" is for what an environment has to end.
func endingOf(h hold.Hold) string {
	switch h.Reason {
	case hold.UnreadableEnv:
		if h.Prefix != "" {
			return scope(h) + "ends when it can be read, or with --gone " + quoted(h.Prefix)
		}
		return scope(h) + "ends when it can be read, or with --ignore-unreadable"
	case hold.UnseenUsers:
		return "ends with --ignore-unreadable, or where no environment has symlinks into the cache and no configuration allows them"
	case hold.UnreadableRecord:
		return "ends when the record can be read, or its package is installed anew"
	case hold.UnreadableEntry:
		return "ends when it can be read: run gclean as its owner"
	case hold.Remembered:
		return "ends when the environment can be read, or with --gone " + quoted(h.Prefix)
	case hold.InstallerRunning, hold.Fresh:
		return endOfBusy(h.Err)
	case hold.InUse:
		return "ends with that process or mount"
	}
	return ""
}

// endOfBusy is what ends that entries are kept because somebody may be about to use
// them.
func endOfBusy(err error) string {
	if e := (*hold.FreshError)(nil); errors.As(err, &e) && e.Installer == nil {
		return fmt.Sprintf("ends in %s, or with --grace 0s", units.Setting(e.Left.Truncate(time.Second)+time.Second))
	}
	return "ends with that process; wait for it with --lock-timeout 10m, or ignore it with --grace 0s"
}

// scope says whose packages a doubt keeps.
func scope(h hold.Hold) string {
	if len(h.Users) == 0 {
		return ""
	}
	return "keeps only what " + strings.Join(userNames(h.Users), ", ") + " can read; "
}

func userNames(users []*meta.User) []string {
	var names []string
	for _, u := range users {
		if u.Name != "" {
			names = append(names, u.Name)
		} else {
			names = append(names, strconv.Itoa(u.UID))
		}
	}
	return names
}

// tellAsked prints who was asked, and who was not.
func tellAsked(out io.Writer, a cache.Asked, now time.Time) {
	fmt.Fprintf(out, "Asked: %s", units.Count(a.Environments, "environment", "environments"))
	if len(a.Sources) > 0 {
		fmt.Fprintf(out, ", learned from %s", strings.Join(quotedAll(a.Sources), ", "))
	}
	fmt.Fprintln(out, ".")
	if len(a.Users) > 0 {
		fmt.Fprintf(out, "Other users: %s.\n", strings.Join(quotedAll(a.Users), ", "))
	}
	if len(a.Remembered) > 0 {
		fmt.Fprintf(out, "Out of reach, remembered from earlier runs: %s.\n", strings.Join(quotedAll(a.Remembered), ", "))
	}
	for _, h := range append(a.Unread, a.Unseen...) {
		fmt.Fprintf(out, "Not asked: %s\n", holdText(h))
	}
	for _, i := range a.Installers {
		fmt.Fprintf(out, "Running: %s\n", printable(i.Describe(now)))
	}
	if a.Hidden != nil {
		fmt.Fprintf(out, "Not all processes can be seen: %s\n", printable(told(a.Hidden)))
	}
}

// askedDocument is the same for scripts.
func askedDocument(a cache.Asked) object {
	running := list{}
	for _, i := range a.Installers {
		running = append(running, object{{"pid", int64(i.PID)}, {"name", i.Name}, {"command", known(i.Command)}})
	}
	return object{
		{"environments", int64(a.Environments)},
		{"sources", stringList(a.Sources)},
		{"users", stringList(a.Users)},
		{"remembered", stringList(a.Remembered)},
		{"not_asked", explainedReasons(append(a.Unread, a.Unseen...))},
		{"installers", running},
		{"hidden", message(a.Hidden)},
	}
}

// explainedReasons are reasons with the scope of each, and what would end it.
func explainedReasons(holds []hold.Hold) list {
	l := reasons(holds)
	for i, h := range holds {
		var users any
		if len(h.Users) > 0 {
			users = stringList(userNames(h.Users))
		}
		l[i] = append(l[i].(object), member{"users", users}, member{"ends", known(endingOf(h))})
	}
	return l
}
