package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"

	"gclean/cache"
	words "gclean/internal/units"
)

// policyFlags limit what --packages and --tarballs remove.
type policyFlags struct {
	olderThan        spanFlag
	keepLast         int
	maxSize, minFree amountFlag
	maxFiles         countFlag
	minFreeFiles     filesFlag
	include, exclude globList
}

func (f *policyFlags) register(fs *pflag.FlagSet) {
	fs.Var(&f.olderThan, "older-than", "remove only what has not been used for SPAN, such as 30d, 2w, 12h")
	fs.Var(whole{&f.keepLast, math.MaxInt32}, "keep-last", "keep the N newest versions of each package")
	fs.Var(&f.maxSize, "max-size", "remove the least recently used packages until each cache fits in SIZE: 50G, or 20% of its file system")
	fs.Var(&f.minFree, "min-free", "remove the least recently used packages until SIZE is available: 50G, or 10% of the file system")
	fs.Var(&f.maxFiles, "max-files", "remove the least recently used packages until each cache has at most N files and folders")
	fs.Var(&f.minFreeFiles, "min-free-files", "remove the least recently used packages until N inodes are free: 100000, or 10% of the file system's")
	fs.Var(&f.include, "include", "remove only distributions that match: numpy, 'numpy-1.*', conda-forge::numpy; repeatable")
	fs.Var(&f.exclude, "exclude", "keep distributions that match; repeatable")
}

// given is the name of a policy flag that was given, or "".
func (f *policyFlags) given() string {
	switch {
	case f.olderThan > 0:
		return "older-than"
	case f.keepLast > 0:
		return "keep-last"
	case f.maxSize.Amount != nil:
		return "max-size"
	case f.minFree.Amount != nil:
		return "min-free"
	case f.maxFiles.int64 != nil:
		return "max-files"
	case f.minFreeFiles.Files != nil:
		return "min-free-files"
	case len(f.include) > 0:
		return "include"
	case len(f.exclude) > 0:
		return "exclude"
	}
	return ""
}

func (f *policyFlags) policy() cache.Policy {
	return cache.Policy{
		Include: f.include, Exclude: f.exclude,
		OlderThan: time.Duration(f.olderThan),
		KeepLast:  f.keepLast,
		MaxSize:   f.maxSize.Amount, MinFree: f.minFree.Amount,
		MaxFiles: f.maxFiles.int64, MinFreeFiles: f.minFreeFiles.Files,
	}
}

// spanFlag is the value of --older-than: 30d, 2w, or a duration as in Go.
type spanFlag time.Duration

var errSpan = errors.New(`expected a duration such as "30d", "2w", "12h" or "10m"`)

func (s *spanFlag) Type() string { return "SPAN" }
func (s *spanFlag) String() string {
	if *s == 0 {
		return ""
	}
	return words.Setting(time.Duration(*s))
}

func (s *spanFlag) Set(text string) error {
	span, err := parseSpan(text)
	if err != nil {
		return err
	}
	*s = spanFlag(span)
	return nil
}

// parseSpan reads days and weeks (of 24-hour days), and Go's durations.
func parseSpan(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	for suffix, unit := range map[string]time.Duration{"d": day, "w": 7 * day} {
		digits, ok := strings.CutSuffix(text, suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || n > uint64(math.MaxInt64/unit) {
			return 0, errSpan
		}
		return time.Duration(n) * unit, nil
	}
	span, err := time.ParseDuration(text)
	if err != nil || span < 0 {
		return 0, errSpan
	}
	return span, nil
}

// amountFlag is the value of --max-size and --min-free.
type amountFlag struct{ *cache.Amount }

var errAmount = errors.New(`expected a size such as "50G" (powers of 1024) or a share such as "20%"`)

func (a *amountFlag) Type() string { return "SIZE" }
func (a *amountFlag) String() string {
	if a.Amount == nil {
		return ""
	}
	return a.Amount.String()
}

func (a *amountFlag) Set(text string) error {
	if strings.HasSuffix(text, "%") {
		percent, ok := parseShare(text)
		if !ok {
			return errAmount
		}
		a.Amount = &cache.Amount{Percent: percent}
		return nil
	}
	// As conda prints them, sizes are in powers of 1024.
	bytes, err := units.RAMInBytes(text)
	if err != nil || bytes < 0 {
		return errAmount
	}
	a.Amount = &cache.Amount{Bytes: bytes}
	return nil
}

// parseShare reads a share of a whole: "20%".
func parseShare(text string) (percent float64, ok bool) {
	percent, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	return percent, err == nil && percent > 0 && percent <= 100
}

// filesFlag is the value of --min-free-files.
type filesFlag struct{ *cache.Files }

var errFiles = errors.New(`expected a number of files such as "100000" or a share such as "20%"`)

func (f *filesFlag) Type() string { return "N" }
func (f *filesFlag) String() string {
	if f.Files == nil {
		return ""
	}
	return f.Files.String()
}

func (f *filesFlag) Set(text string) error {
	if strings.HasSuffix(text, "%") {
		percent, ok := parseShare(text)
		if !ok {
			return errFiles
		}
		f.Files = &cache.Files{Percent: percent}
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return errFiles
	}
	f.Files = &cache.Files{Number: n}
	return nil
}

// countFlag is the value of --max-files.
type countFlag struct{ *int64 }

var errCount = errors.New(`expected a number of files such as "100000"`)

func (c *countFlag) Type() string { return "N" }
func (c *countFlag) String() string {
	if c.int64 == nil {
		return ""
	}
	return strconv.FormatInt(*c.int64, 10)
}

func (c *countFlag) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return errCount
	}
	c.int64 = &n
	return nil
}

// globList is the value of --include and --exclude.
type globList []string

func (l *globList) Type() string   { return "GLOB" }
func (l *globList) String() string { return strings.Join(*l, " ") }
func (l *globList) Set(s string) error {
	if s == "" {
		return fmt.Errorf("the pattern is empty")
	}
	*l = append(*l, s)
	return nil
}
