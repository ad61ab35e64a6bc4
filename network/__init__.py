"""CONNECT: who is in the network, and how we speak to their shops."""
