// OPA itself, for the tests of policy engines: a server, and the compiler of bundles.
package main

import (
	"os"

	"github.com/open-policy-agent/opa/cmd"
)

func main() {
	if cmd.RootCommand.Execute() != nil {
		os.Exit(1)
	}
}
