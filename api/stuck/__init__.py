"""What is stuck, and what operators do about it."""
