"""Events in (事件接入): what other systems tell Shareflow, as CloudEvents 1.0, and what each of them means."""
