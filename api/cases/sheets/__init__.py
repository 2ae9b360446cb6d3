"""Filing many share requests by a sheet (批量申请): a template, what its rows say, and what comes of each."""
