"""The procedures (办理程序), a folder each. ``registry`` lists them all; ``common`` is what several share."""
