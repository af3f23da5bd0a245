"""`python -m hydrachat`."""

from hydrachat.start import main

if __name__ == "__main__":
    main()
