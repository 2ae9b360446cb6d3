"""Telling other systems what happened (事件推送), by Standard Webhooks: at least once, in order a case."""
