"""Words of C, awk, DTrace and SystemTap, each with what to write here: what a newcomer types first.

Owns: those words, by where they stand. Refuses to own: misspellings, and other languages' syntax (`advice.toml`).
"""

NAMES = {
    **dict.fromkeys(("execname", "process", "procname", "command", "cmd", "name", "progname"), "write comm"),
    **dict.fromkeys(("cpuid", "processor", "core"), "write cpu"),
    **dict.fromkeys(
        ("stack", "stacktrace", "backtrace"), "write kstack for the kernel's stack, ustack for the process's"
    ),
    **dict.fromkeys(("NULL", "null", "nil", "None"), "write 0"),
    **dict.fromkeys(("ret", "rval", "return_value"), "write retval"),
    **dict.fromkeys(("timestamp", "now", "clock", "ns"), "write nsecs"),
    **dict.fromkeys(("thread", "thread_id"), "write tid"),
    **dict.fromkeys(("user",), "write uid, or username"),
    **dict.fromkeys(("probefunc", "function"), "write func"),
    **dict.fromkeys(("probename",), "write probe"),
    **dict.fromkeys(("True", "TRUE"), "write true"),
    **dict.fromkeys(("False", "FALSE"), "write false"),
    **dict.fromkeys(("syscall", "syscall_nr", "nr"), "write args.id in tracepoint:raw_syscalls:sys_enter"),
}
"""Words where a value stands."""

FUNCTIONS = {
    **dict.fromkeys(("strcmp", "strcasecmp", "memcmp"), 'compare strings with ==, as in comm == "bash"'),
    **dict.fromkeys(("strstr", "contains", "index"), "write strcontains(STRING, PART)"),
    **dict.fromkeys(("echo", "puts", "log", "trace", "tracef"), 'write printf("TEXT\\n")'),
    **dict.fromkeys(("println", "fprintf", "dprintf"), 'write printf("FORMAT\\n", VALUES), or print(VALUE)'),
    **dict.fromkeys(("sprintf", "snprintf", "concat"), 'print the parts side by side: printf("%s%s", A, B)'),
    **dict.fromkeys(("quantize", "histogram"), "write @ = hist(VALUE)"),
    **dict.fromkeys(("lquantize",), "write @ = lhist(VALUE, LOW, HIGH, STEP)"),
    **dict.fromkeys(("stringof", "copyinstr", "user_string", "kernel_string"), "write str(POINTER)"),
    **dict.fromkeys(("strlength", "length"), "write strlen(STRING)"),
    **dict.fromkeys(("stack", "backtrace", "print_backtrace"), "write kstack, or ustack"),
    **dict.fromkeys(("gettimeofday_ns", "ktime_get_ns", "now"), "write nsecs"),
    **dict.fromkeys(("execname",), "write comm"),
    **dict.fromkeys(("sleep", "usleep", "delay"), "do it in interval:s:1 { … }: a probe cannot wait"),
    **dict.fromkeys(("malloc", "free", "memcpy", "strcpy"), "keep values in maps: @name[key] = value"),
    **dict.fromkeys(("range",), "write for ($i : 0..10) { … }"),
}
"""Words where a function is called."""

PROBES = {
    **dict.fromkeys(("timer", "tick", "every"), "write interval:s:1, or profile:hz:99 for samples of all CPUs"),
    **dict.fromkeys(("START", "start", "INIT", "init"), "write BEGIN"),
    **dict.fromkeys(("STOP", "EXIT", "exit", "stop"), "write END"),
    **dict.fromkeys(
        ("syscall", "syscalls", "sys"),
        "write tracepoint:syscalls:sys_enter_NAME, e.g. tracepoint:syscalls:sys_enter_read",
    ),
    **dict.fromkeys(("fbt", "function", "kernel"), "write kprobe:FUNCTION, or kretprobe:FUNCTION where it returns"),
    **dict.fromkeys(("pid", "process"), "write uprobe:BINARY:FUNCTION"),
    **dict.fromkeys(("trace", "event"), "write tracepoint:CATEGORY:EVENT"),
    **dict.fromkeys(("perf", "sample"), "write profile:hz:99"),
    **dict.fromkeys(("printf", "print", "if"), "statements stand in a clause: BEGIN { … }"),
}
"""Words where a kind of probe stands."""
