/* pingpong N: two processes on one CPU pass a byte back and forth N times: 2 N wake-ups and 2 N context switches. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int pass(int from, int to)
{
    char byte = 0;
    return read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1;
}

int main(int argc, char **argv)
{
    int ping[2], pong[2];
    if (argc != 2 || pipe(ping) || pipe(pong))
        return 2;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    long rounds = atol(argv[1]);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (long i = 0; i < rounds; i++)
            if (!pass(ping[0], pong[1]))
                _exit(1);
        _exit(0);
    }
    for (long i = 0; i < rounds; i++) {
        char byte = 0;
        if (write(ping[1], &byte, 1) != 1 || read(pong[0], &byte, 1) != 1)
            return 1;
    }
    wait(NULL);
    return 0;
}
