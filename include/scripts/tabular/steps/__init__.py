"""The steps of a use case, one module each with ``main(use_case, argv) -> exit status``: files in, files out."""
