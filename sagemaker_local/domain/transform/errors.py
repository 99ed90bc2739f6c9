"""What is wrong with an object of a transform job."""


class BadData(ValueError):
    """The object's data, or the model's answer to it, is not what the job says it is; the text says what is wrong."""
