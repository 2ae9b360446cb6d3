"""The procedures (办理程序), one folder for each. ``registry`` lists them; ``common`` has what several share."""
