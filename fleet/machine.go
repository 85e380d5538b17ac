package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
)

// Machine tells this host from others: by its boot, where the system knows that, and by
// its name. Two hosts of a list with one machine were marked on one of them.
func Machine() string {
	name, _ := os.Hostname() // "" is no name of a host
	sum := sha256.Sum256([]byte("gclean " + bootID() + " " + name))
	return hex.EncodeToString(sum[:8])
}

// uid is the user of this process.
func uid() int { return os.Geteuid() }
