"""What Amazon MWAA takes of this project, made from the tree and proven in the packages of MWAA's images."""
