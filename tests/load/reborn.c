/* reborn NUMBER GAP_MS FIRST SECOND [-w]: two processes of one number, the second born GAP_MS after the first has ended.
   The first is called "first" and makes FIRST calls of getppid, the second is called "second" and makes SECOND. With -w
   the second waits for a signal at its end. */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void live(pid_t number, const char *name, long calls, int waits)
{
    struct clone_args arguments = {
        .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&number, .set_tid_size = 1,
    };
    pid_t child = syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (child < 0) {
        perror("clone3");
        exit(1);
    }
    if (child == 0) {
        prctl(PR_SET_NAME, name);
        for (; calls > 0; calls--)
            syscall(SYS_getppid);
        if (waits)
            pause();
        _exit(0);
    }
    if (waits)
        return;
    if (waitpid(child, NULL, 0) != child)
        exit(1);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    long ms = atol(argv[2]);
    struct timespec gap = {ms / 1000, ms % 1000 * 1000000};
    live(atoi(argv[1]), "first", atol(argv[3]), 0);
    nanosleep(&gap, NULL);
    live(atoi(argv[1]), "second", atol(argv[4]), argc > 5 && !strcmp(argv[5], "-w"));
    return 0;
}
