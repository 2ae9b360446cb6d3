"""For tests of systems that use Shareflow: the pytest fixture ``shareflow_engine``."""
