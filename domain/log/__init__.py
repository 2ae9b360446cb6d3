"""The transparency log of everything recorded in the ledger (记录日志): Merkle tree, proofs, signed checkpoints."""
