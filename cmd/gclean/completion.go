package main

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newCompletion is "gclean completion".
func newCompletion(a *app) *cobra.Command {
	shells := []string{"bash", "fish", "powershell", "zsh"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "print a script that completes commands and flags in a shell",
		Long: `Print a script that completes commands and flags in a shell, which is bash,
fish, powershell or zsh. For bash it takes the package bash-completion.`,
		Example: `source <(gclean completion bash)
gclean completion bash > /etc/bash_completion.d/gclean
gclean completion zsh > "${fpath[1]}/_gclean"
gclean completion fish > ~/.config/fish/completions/gclean.fish
gclean completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || cobra.OnlyValidArgs(cmd, args) != nil {
				meant := "."
				if len(args) == 1 {
					meant = cmp.Or(didYouMean("", args[0], shells), meant)
				}
				return usageError{cmd.CommandPath() + " needs one of " + strings.Join(shells, ", ") + meant + seeHelp(cmd)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			// stdout remembers its first error.
			switch args[0] {
			case "bash":
				root.GenBashCompletionV2(a.stdout, true)
			case "fish":
				root.GenFishCompletion(a.stdout, true)
			case "powershell":
				root.GenPowerShellCompletionWithDesc(a.stdout)
			case "zsh":
				root.GenZshCompletion(a.stdout)
			}
			if err := a.shown(); err != nil {
				return err
			}
			return nil
		},
	}
}

// completeFlags lets shells complete the values of the flags of cmd: words, files and
// folders.
func (a *app) completeFlags(cmd *cobra.Command) {
	byName := map[string]cobra.CompletionFunc{
		"prefix": a.completePrefix, "gone": a.completeGone, "name": a.completeName, "include": a.completeDist, "exclude": a.completeDist,
		"config": cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt),
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		complete := byName[f.Name]
		switch v := f.Value.(type) {
		case choice:
			complete = cobra.FixedCompletions(v.words, cobra.ShellCompDirectiveNoFileComp)
		case console:
			complete = cobra.FixedCompletions(consoles(), cobra.ShellCompDirectiveNoFileComp)
		case *dir, *dirList, *tempPaths:
			if complete == nil {
				complete = completeFolders
			}
		case *file:
			if complete == nil {
				complete = completeFiles
			}
		}
		if complete == nil {
			return
		}
		if err := cmd.RegisterFlagCompletionFunc(f.Name, complete); err != nil {
			panic(err) // it has completion already
		}
	})
}

func completeFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func completeFolders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeOnePrefix completes the argument of commands that take one environment.
func (a *app) completeOnePrefix(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || cmd.Flags().Changed("root") { // the environment would be in the image
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completePrefix(cmd, args, typed)
}

// completeFolder completes the argument of commands that take one folder.
func completeFolder(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completeFolders(cmd, args, typed)
}
