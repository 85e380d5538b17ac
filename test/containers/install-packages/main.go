// Command install-packages replaces an installer in test/containers: it makes what an
// installer leaves in an image, as the Image functions of fixture describe it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"gclean/internal/fixture"
)

const usage = `usage:
  install-packages base ROOT
  install-packages conda ROOT
  install-packages conda-shards ROOT
  install-packages micromamba ROOT
  install-packages pixi CACHE PREFIX`

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	want := 2
	if len(args) > 0 && args[0] == "pixi" {
		want = 3
	}
	if len(args) != want {
		return errors.New(usage)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return err
	}
	switch args[0] {
	case "base":
		return fixture.ImageBase(ctx, args[1])
	case "conda":
		return fixture.ImageConda(ctx, args[1], home, true)
	case "conda-shards":
		return fixture.ImageConda(ctx, args[1], home, false)
	case "micromamba":
		return fixture.ImageMicromamba(ctx, args[1], home)
	case "pixi":
		return fixture.ImagePixi(ctx, args[1], args[2])
	}
	return errors.New(usage)
}
