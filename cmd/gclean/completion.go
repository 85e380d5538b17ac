package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completePaths has shells complete the flags of cmd that are paths.
func completePaths(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		switch value, _ := pflag.UnquoteUsage(f); value {
		case "DIR", "[PATH ...]":
			complete(cmd, f.Name, completeFolders)
		case "FILE":
			complete(cmd, f.Name, completeFiles)
		}
	})
}

// completeValues has shells complete the value of a flag of cmd from a list.
func completeValues(cmd *cobra.Command, flag string, values []string) {
	complete(cmd, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

func complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // there is no such flag
	}
}

func completeFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// completeFolders is for a flag or an argument.
func completeFolders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// describeCompletion gives cobra's own command a line like those of the others.
func describeCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Short = "write a script that completes commands and flags in a shell"
		}
	}
}
