"""What can become of a member of a request."""

HONOURED, RECORDED, REFUSED = "honoured", "recorded", "refused"
