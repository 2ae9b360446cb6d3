"""The log of all that the ledger ever recorded (记录日志): its Merkle tree, its proofs, signed checkpoints of it."""
