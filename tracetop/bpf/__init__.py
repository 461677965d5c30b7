"""The kernel side, for the privileged tracer process alone: a Program goes in, samples come out.

| module | what it answers |
|---|---|
| `find` | where is the real BCC, and what is missing where it is not |
| `privileges` | may this process trace, and if not, what forbids it |
| `kernel`, `formats`, `btf`, `tracefs` | what does the compiler need to know of the running kernel |
| `session` | `Loaded`: one program, loaded, attached, read, detached, freed |
| `compile`, `attach` | its two halves: clang and the verifier; hooks |
| `surroundings`, `refusals`, `trial` | what a compile needs around it; why one failed; one in a process of its own |
| `maps`, `merge`, `symbols` | batch reads; CPUs merged; addresses to names |
| `stats` | what programs cost |
| `output` | what libbcc prints, caught |
| `syscalls`, `cpus` | bpf(2) and perf_event_open(2); which CPUs there are |

BCC itself is imported by `find.load_bcc` at the first compile, not when a module of this package is imported.
"""
