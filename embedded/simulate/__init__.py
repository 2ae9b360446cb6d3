"""Playing cases: scenario files through the production workflow on a real server with a skipped clock."""
