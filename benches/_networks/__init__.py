"""Generated networks of shops: two worlds with different words, charts, codes and faults, each with its exact truth."""
