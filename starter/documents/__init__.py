"""The papers of a case (文书): application form and notices, rendered only from the ledger."""
