// Asks the library by which `kubeadm upgrade` moves a Corefile from one version of CoreDNS to another: which versions it knows, and
// what it makes of the Corefile on standard input from the version in the first argument to the newest. Prints JSON.
package main

import (
	"encoding/json"
	"io"
	"os"

	"github.com/coredns/corefile-migration/migration"
)

type said struct {
	Versions []string `json:"versions"`
	Corefile string   `json:"corefile"`
	Error    string   `json:"error"`
}

func main() {
	corefile, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	answer := said{Versions: migration.ValidVersions()}
	newest := answer.Versions[len(answer.Versions)-1]
	moved, err := migration.Migrate(os.Args[1], newest, string(corefile), false)
	answer.Corefile = moved
	if err != nil {
		answer.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		panic(err)
	}
}
