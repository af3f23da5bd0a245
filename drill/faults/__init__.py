"""One class of fault a file: what is broken, how, and how it is mended again."""
