"""The privileged process: loads programs, polls their maps, aggregates, answers commands. Started by `source`."""
