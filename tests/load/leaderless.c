/* leaderless: its first thread ends, and another goes on. Prints the numbers of the process and of that thread; at each
 * line that it reads it calls tt_leaderless_step 100 times.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((noinline)) int tt_leaderless_step(int i)
{
    __asm__ volatile("" ::: "memory");
    return i;
}

static void *go_on(void *unused)
{
    char line[16];
    int sum = 0;
    while (syscall(SYS_tgkill, getpid(), getpid(), 0) == 0 && usleep(1000) == 0) {
        FILE *file = fopen("/proc/self/maps", "r"); /* empty once the first thread has ended */
        int gone = !file || fgetc(file) == EOF;
        if (file)
            fclose(file);
        if (gone)
            break;
    }
    printf("%d %ld\n", getpid(), (long)syscall(SYS_gettid));
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        for (int i = 0; i < 100; i++)
            sum += tt_leaderless_step(i);
        printf("%d\n", sum);
        fflush(stdout);
    }
    (void)unused;
    _exit(0);
}

int main(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, go_on, NULL))
        return 1;
    pthread_exit(NULL);
}
