"""What an operator configures: settings, logs, and the files that settings name. Worker and doors stand on it."""
