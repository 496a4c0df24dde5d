"""The command line: one command a file; `app.main` is the console entry."""
