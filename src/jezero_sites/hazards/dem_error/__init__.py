"""What an error of the heights does to slope and roughness: its correlation, gains, and chances to exceed a limit."""
