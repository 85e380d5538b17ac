package slim

// The codes of problems with an environment.
const (
	CodeUnreadableRecord = "unreadable_record" // doubt: what it alone lists stays
	CodeOddPaths         = "odd_paths"         // a record lists paths that are not inside an environment
	CodeUnreadableFile   = "unreadable_file"
	CodeUnreadableFolder = "unreadable_folder"
)
