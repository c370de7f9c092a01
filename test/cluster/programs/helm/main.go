// Command helm is Helm on the Kubernetes modules of the cluster, so that both are built from the same packages.
package main

import (
	"errors"
	"fmt"
	"os"

	"helm.sh/helm/v4/pkg/cmd"
	"helm.sh/helm/v4/pkg/kube"
)

func main() {
	kube.ManagedFieldsManager = "helm"
	root, err := cmd.NewRootCmd(os.Stdout, os.Args[1:], cmd.SetupLogging)
	if err != nil {
		fmt.Fprintln(os.Stderr, "helm:", err)
		os.Exit(1)
	}
	if err := root.Execute(); err != nil {
		status := 1
		if failed, ok := errors.AsType[cmd.CommandError](err); ok {
			status = failed.ExitCode
		}
		os.Exit(status)
	}
}
