"""What a file is, what is wrong with it and how to mend it, for every kind of file that is read or written here."""
