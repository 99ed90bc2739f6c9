"""The evaluation as one HTML file that needs no other: no script, no style sheet, no image from elsewhere."""
