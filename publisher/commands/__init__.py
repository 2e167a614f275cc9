"""One file a command. Each has its `DESCRIPTION`, `add_arguments(parser)`, and
`run(arguments, console) -> exit status`. Commands don't import each other."""
