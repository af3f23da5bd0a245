"""`python -m hydrachat`."""

from hydrachat.cli import main

if __name__ == "__main__":
    main()
