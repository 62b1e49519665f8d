"""The benchmarks: each module has a function rows(settings), which returns its workloads."""
