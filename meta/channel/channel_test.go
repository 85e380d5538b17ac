package channel_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gclean/meta/channel"
)

func ExamplePattern() {
	p, _ := channel.ParsePattern("conda-forge/linux-64")
	for _, text := range []string{"https://conda.anaconda.org/conda-forge/linux-64", "https://mirror.example/conda/conda-forge/osx-64", "conda-forge"} {
		c, _ := channel.Of(text)
		fmt.Println(p.Match(c) == channel.Yes)
	}
	// Output:
	// true
	// false
	// false
}

func TestMatch(t *testing.T) {
	const forge = "https://conda.anaconda.org/conda-forge/linux-64"
	for _, tt := range []struct {
		pattern, channel string
		want             channel.Answer
	}{
		{"conda-forge", forge, channel.Yes},
		{"Conda-Forge", forge + "/", channel.Yes},
		{"conda-forge", "conda-forge", channel.Yes},
		{"conda-forge", "conda-forge/linux-64", channel.Yes},
		{"conda-forge", "https://conda.anaconda.org/t/tk-123-abc/conda-forge/linux-64", channel.Yes},
		{"conda-forge", "https://user:p@ss@conda.anaconda.org/conda-forge/noarch?x=y", channel.Yes},
		{"conda-forge", "https://mirror.example/api/conda/conda-forge/noarch", channel.Yes},
		{"conda-forge", "oci://ghcr.io/channel-mirrors/conda-forge/linux-64", channel.Yes},
		{"conda-forge", "file:///srv/mirrors/conda-forge/linux-64", channel.Yes},
		{"conda-forge", "https://conda.anaconda.org/conda-forge/label/dev/linux-64", channel.No},
		{"conda-forge/label/dev", "https://conda.anaconda.org/conda-forge/label/dev/linux-64", channel.Yes},
		{"conda-forge/label/dev", "https://mirror.example/x/conda-forge/label/dev/linux-64", channel.Yes},
		{"dev", "https://mirror.example/x/conda-forge/label/dev/linux-64", channel.No},
		{"label/dev", "https://mirror.example/x/conda-forge/label/dev/linux-64", channel.No},
		{"forge", forge, channel.No},
		{"bioconda", forge, channel.No},
		{"a/b/c/d", "https://mirror.example/d", channel.No},
		{"conda-*", forge, channel.Yes},
		{"*", forge, channel.Yes},
		{"*", "https://repo.anaconda.com/pkgs/main/linux-64", channel.Yes},
		{"pkgs/*", "https://repo.anaconda.com/pkgs/main/linux-64", channel.Yes},

		{"conda-forge/linux-64", forge, channel.Yes},
		{"conda-forge/noarch", forge, channel.No},
		{"conda-forge/linux-64", "https://conda.anaconda.org/conda-forge", channel.Unknown},
		{"bioconda/linux-64", "https://conda.anaconda.org/conda-forge", channel.No},

		{"defaults", "https://repo.anaconda.com/pkgs/main/linux-64", channel.Yes},
		{"defaults", "https://repo.continuum.io/pkgs/free/linux-64", channel.Yes},
		{"defaults", "https://mirror.example/anaconda/pkgs/r/noarch", channel.Yes},
		{"defaults", "defaults", channel.Yes},
		{"defaults", "pkgs/main/linux-64", channel.Yes},
		{"defaults", forge, channel.No},
		{"pkgs/main", "https://repo.anaconda.com/pkgs/main/linux-64", channel.Yes},
		{"main", "https://repo.anaconda.com/pkgs/main/linux-64", channel.No},
		{"local", "file:///home/x/conda-bld/noarch", channel.Yes},
		{"local", "file:///home/x/channel/noarch", channel.No},

		{"https://conda.anaconda.org/conda-forge", forge, channel.Yes},
		{"http://conda.anaconda.org/conda-forge/linux-64/", forge, channel.Yes},
		{"https://conda.anaconda.org/t/tk-9/conda-forge", forge, channel.Yes},
		{"https://conda.anaconda.org/conda-forge", "https://mirror.example/conda-forge/linux-64", channel.No},
		{"https://conda.anaconda.org/conda-forge", "conda-forge", channel.Yes},
		{"https://mirror.example/x/conda-forge", "conda-forge/linux-64", channel.Yes},
		{"https://mirror.example:8443/x", "https://MIRROR.example:8443/x/linux-64", channel.Yes},
		{"file:///srv/my%20channel", "/srv/my channel/linux-64", channel.Yes},
		{"/srv/channel", "file:///srv/channel/noarch", channel.Yes},
		{"/srv/channel", "file:///srv/other/channel/noarch", channel.No},
		{`C:\channel`, "file:///C:/channel/noarch", channel.Yes},

		{"conda-forge", "", channel.Unknown},
		{"*", "<unknown>", channel.Unknown},
	} {
		p, err := channel.ParsePattern(tt.pattern)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
		}
		c, ok := channel.Of(tt.channel)
		if got := p.Match(c); got != tt.want || !ok && got == channel.Yes {
			t.Errorf("%s of %s: %d, want %d", tt.pattern, tt.channel, got, tt.want)
		}
	}
	for _, text := range []string{"", "/", "conda[", "linux-64", "https://conda.anaconda.org"} {
		if p, err := channel.ParsePattern(text); !errors.Is(err, channel.ErrPattern) {
			t.Errorf("%q: %v, %v", text, p, err)
		}
	}
}

// The URL of its archive, or mamba's folder, says where a package came from.
func TestPlaces(t *testing.T) {
	of := func(c channel.Channel, ok bool) string {
		if !ok {
			return "unknown"
		}
		return fmt.Sprint(c)
	}
	want := of(channel.Of("https://conda.anaconda.org/conda-forge/linux-64"))
	for _, got := range []string{
		of(channel.OfURL("https://conda.anaconda.org/conda-forge/linux-64/a-1-0.conda")),
		of(channel.OfURL("https://conda.anaconda.org/t/tk-1/conda-forge/linux-64/a-1-0.conda?x=/y")),
		of(channel.OfFolder("https/conda.anaconda.org/conda-forge/linux-64")),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got, want := of(channel.OfFolder("http/localhost_8000/x/noarch")), of(channel.Of("http://localhost:8000/x/noarch")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := of(channel.OfFolder("conda-forge/noarch")), of(channel.Of("conda-forge/noarch")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, got := range []string{of(channel.OfFolder("")), of(channel.OfFolder("cache")), of(channel.OfFolder("https")), of(channel.OfURL("a-1-0.conda"))} {
		if got != "unknown" {
			t.Errorf("%s is a channel", got)
		}
	}
	c, _ := channel.Of("https://me:secret@host.example/t/tk-secret/x/noarch?secret")
	if text := fmt.Sprintf("%+v", c); strings.Contains(text, "secret") {
		t.Errorf("%s has secrets", text)
	}
}
