/* faults N: takes N minor page faults on memory of its own, a page each (and a few more to start). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGES = 256 };

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    long page = sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return 1;
    madvise(memory, PAGES * page, MADV_NOHUGEPAGE);
    for (long done = 0; done < atol(argv[1]); done++) {
        if (done % PAGES == 0)
            madvise(memory, PAGES * page, MADV_DONTNEED);
        memory[done % PAGES * page] = 1;
    }
    return 0;
}
