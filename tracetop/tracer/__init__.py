"""The privileged process: loads programs, polls their maps, aggregates, answers commands. Started by `source`.

In: commands on descriptor 0. Out: frames, or what a run prints, on what was descriptor 1 at the start (`pipe`).
"""
