"""What the documents' figures come from. Run from a checkout; not part of the installed package."""
