package hold

func processEnded(err error) bool { return ended(err) }
