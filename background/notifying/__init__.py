"""Notifications (通知): what officers chose to be told of, by mail or in the group of their department."""
