"""What merchants receive on paper or as files."""
