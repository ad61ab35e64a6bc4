"""One file per promise that is measured; each runs alone, in a throw-away database, beside a reference of the same run."""
