package installed_test

import (
	"os"
	"testing"

	"gclean/internal/fixture/memory"
)

func TestMain(m *testing.M) { os.Exit(memory.Run(m)) }
