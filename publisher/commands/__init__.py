"""One file a command. Each has `run(arguments, console) -> exit status`."""
