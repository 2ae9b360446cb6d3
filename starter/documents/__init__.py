"""The papers of a case (文书): its application form and notices, rendered from what the ledger holds alone."""
