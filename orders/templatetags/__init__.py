"""What this stage adds to templates."""
