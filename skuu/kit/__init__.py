"""Small things every stage uses; they know none of the stages."""
