"""What `./run` and `./run test` are made of. Standard library only: it runs before anything is installed."""
