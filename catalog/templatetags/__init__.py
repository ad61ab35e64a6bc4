"""Template words of the back office's pages on matching."""
