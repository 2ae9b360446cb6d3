"""Event logs for process mining (流程挖掘): what records hold, in the forms that its programs read."""
