"""The four games: each brings its rules, its agent and its scripted players."""
