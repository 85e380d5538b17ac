package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
)

// TestMail runs contrib/mail/gclean-mail on a machine with users, in a namespace.
func TestMail(t *testing.T) {
	if os.Getenv(insideServer) != "" {
		t.Skip("this is the inside")
	}
	for _, tool := range []string{"jq", "setpriv"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	runInside(t, "TestMailInside", false)
}

// TestMailInside is TestMail in its namespace: each owner gets one mail with the own
// figures, and the commands in it free what it says.
func TestMailInside(t *testing.T) {
	if os.Getenv(insideServer) == "" {
		t.Skip("see TestMail")
	}
	script, err := filepath.Abs("../../contrib/mail/gclean-mail")
	must(t, err)
	s := newServer(t)
	for name, uid := range map[string]int{"ann": annUID, "bob": bobUID} {
		home := "/home/" + name
		c, env := cachetest.NewCache(t, home+"/miniforge3/pkgs"), cachetest.NewEnv(t, home+"/envs/"+name)
		free, used := cachetest.Pkg(name+"-free"), cachetest.Pkg(name+"-used")
		must(t, c.Add(free), c.Add(used), env.Link(c, used, fixture.Link{Kind: fixture.Hard}), env.Register(home+"/.conda/environments.txt"))
		s.own(home, uid, uid, 0o750)
	}
	// A cache that ann shares, and an owner without a login name.
	shared := cachetest.NewCache(t, "/srv/pkgs")
	must(t, shared.Add(cachetest.Pkg("shared")))
	s.own("/srv/pkgs", annUID, labGID, 0o2775)
	lost := cachetest.NewCache(t, "/opt/lost")
	must(t, lost.Add(cachetest.Pkg("lost")))
	s.own("/opt/lost", 40404, 40404, 0o755)
	s.file("/root/.condarc", "pkgs_dirs: [/srv/pkgs, /opt/lost]\n")

	exe, err := os.Executable()
	must(t, err)
	s.file("/mnt/gclean", "")
	must(t, syscall.Mount(exe, "/mnt/gclean", "", syscall.MS_BIND, "")) // which ann can reach
	must(t, os.MkdirAll("/mnt/mails", 0o777))
	s.file("/mnt/sendmail", "#!/bin/sh\n[ \"$1 $2 $3\" = '-oi -f root' ] || exit 1\n[ \"$4\" != bob@uni.example ] || [ -z \"$FAIL\" ] || exit 75\ncat >\"/mnt/mails/$4\"\n")
	must(t, os.Chmod("/mnt/sendmail", 0o755))
	sh := func(env []string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Env = append(os.Environ(), asCommand+"=1", "PATH=/mnt:"+os.Getenv("PATH"), "HOME=/root", "SENDMAIL=/mnt/sendmail", "GCLEAN_MAIL_MIN=0", "GCLEAN_MAIL_DOMAIN=uni.example", "FAIL=")
		cmd.Env = append(cmd.Env, env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := sh(nil, script)
	if err != nil || !strings.Contains(out, "gclean-mail: no address for 40404, who could free 0 MB\n") {
		t.Fatalf("%v\n%s", err, out)
	}
	mails, err := filepath.Glob("/mnt/mails/*")
	must(t, err)
	if len(mails) < 2 {
		t.Fatalf("mails %v\n%s", mails, out)
	}
	mail := func(name string) string {
		text, err := os.ReadFile("/mnt/mails/" + name + "@uni.example")
		must(t, err)
		return string(text)
	}
	for _, want := range []string{
		"From: root\nTo: bob@uni.example\nSubject: 0 MB in your package caches on ",
		"\n\nThis is what you have", "\nbob (uid 20002)\n===", "/home/bob/miniforge3/pkgs/bob-free-1.0-0\n", "  /home/bob/envs/bob\n",
		"\n    gclean --all --dry-run\n    gclean --all\n", // gclean finds the caches in a home
	} {
		if !strings.Contains(mail("bob"), want) {
			t.Errorf("no %q in\n%s", want, mail("bob"))
		}
	}
	if strings.Contains(mail("bob"), "/home/ann") || strings.Contains(mail("ann"), "/home/bob") {
		t.Errorf("one is told of the other:\n%s\n%s", mail("ann"), mail("bob"))
	}
	// ann has something outside of the home too, so every cache is named.
	_, commands, _ := strings.Cut(mail("ann"), "remove it, run:\n\n")
	look, remove, _ := strings.Cut(commands, "\n")
	remove, _, _ = strings.Cut(remove, "\n")
	if want := "gclean --all --dry-run --pkgs-dir /srv/pkgs --pkgs-dir /home/ann/miniforge3/pkgs"; strings.TrimSpace(look) != want {
		t.Fatalf("%q, want %q", look, want)
	}
	out, err = sh([]string{"HOME=/home/ann", "USER=ann"}, "setpriv", "--reuid=20001", "--regid=20001", "--clear-groups", "sh", "-c", remove+" --yes --grace 0")
	if err != nil {
		t.Errorf("%s: %v\n%s", remove, err, out)
	}
	for path, want := range map[string]bool{
		"/srv/pkgs/shared-1.0-0": false, "/home/ann/miniforge3/pkgs/ann-free-1.0-0": false, "/home/ann/miniforge3/pkgs/ann-used-1.0-0": true, "/home/bob/miniforge3/pkgs/bob-free-1.0-0": true,
	} {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s: there is %v, want %v\n%s", path, err == nil, want, out)
		}
	}

	// Who can free little gets no mail; what cannot be sent is told, and others get theirs.
	must(t, os.RemoveAll("/mnt/mails"), os.MkdirAll("/mnt/mails", 0o777))
	if out, err := sh([]string{"GCLEAN_MAIL_MIN=1"}, script); err != nil || out != "" {
		t.Errorf("%v\n%s", err, out)
	}
	if mails, err := filepath.Glob("/mnt/mails/*"); err != nil || len(mails) > 0 {
		t.Errorf("mails %v", mails)
	}
	if out, err := sh([]string{"GCLEAN_MAIL_MIN=1"}, script, "-n", "--owner", "bob"); err != nil ||
		out != "gclean-mail: no mail to 1 of 1 owners: less than GCLEAN_MAIL_MIN=1 MB can be freed for each\n" {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := sh(nil, script, "--help"); err != nil || !strings.HasPrefix(out, "Mails each owner") || !strings.HasSuffix(out, " what sends a mail\n") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = sh([]string{"FAIL=yes"}, script)
	if code := codeOfProcess(err); code != 1 || !strings.Contains(out, "gclean-mail: cannot mail bob@uni.example\n") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	out, err = sh(nil, script, "-n", "--owner", "bob")
	if err != nil || !strings.Contains(out, "To: bob@uni.example\n") || strings.Contains(out, "ann") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := sh(nil, script, "--nonsense"); codeOfProcess(err) != exitUsage {
		t.Errorf("%v\n%s", err, out)
	}
}

// codeOfProcess is the exit code of a process, 0 if it went well, and -1 if it did not run.
func codeOfProcess(err error) int {
	if err == nil {
		return 0
	}
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	return -1
}
