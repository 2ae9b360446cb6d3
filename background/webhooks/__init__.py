"""Webhooks (事件推送), by Standard Webhooks: delivered at least once, in order within each case."""
