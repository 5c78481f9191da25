"""What tests/mutate is made of: where a source can be changed, and the trees in which the changed ones are tried."""
