"""Thinking about review: agreement between people and figures drawn as pictures; pure, no database and no clock."""
