/* compat N [-w]: by the numbers of 32-bit programs (int $0x80) N calls of getppid (64), N / 2 of open (5) that fail with
   ENOENT, then N / 4 each of the numbers -5 and 600, which are of no table, by `syscall`. With -w all begins at a line on
   standard input, and it waits for another at its end. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static long call_32(long number, long first, long second)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second) : "memory", "r8", "r9", "r10", "r11");
    return (int)result;
}

int main(int argc, char **argv)
{
    int waits = argc == 3 && !strcmp(argv[2], "-w");
    char line[8];
    char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (argc < 2 || low == MAP_FAILED)
        return 2;
    strcpy(low, "/no/such/file");
    if (waits && !fgets(line, sizeof(line), stdin))
        return 1;
    long n = atol(argv[1]), wrong = 0, parent = getppid();
    for (long i = 0; i < n; i++)
        wrong += call_32(64, 0, 0) != parent;
    for (long i = 0; i < n / 2; i++)
        wrong += call_32(5, (long)low, 0) != -2;
    for (long i = 0; i < n / 4; i++)
        wrong += syscall(-5) != -1 || syscall(600) != -1;
    if (waits && !fgets(line, sizeof(line), stdin))
        return 1;
    return wrong != 0;
}
