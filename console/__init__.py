"""What people see of the engine in a browser (控制台): pages made here, with forms that need no script."""
