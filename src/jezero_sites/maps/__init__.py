"""What people look at: the interactive map, the report and figures."""
