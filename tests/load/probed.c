/* Has functions and static probes (USDT), and passes each a known number of times. Prints its pid; at each line that
 * it reads it makes N rounds, and prints how many of them found the gated probe's semaphore raised.
 *
 * The notes are what <sys/sdt.h> would write, spelt out, so that no header of SystemTap's is needed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((section(".probes"), used)) volatile unsigned short tt_gated_semaphore;

#define NOTE(name, semaphore, arguments)                                              \
    "990: nop\n"                                                                      \
    ".pushsection .note.stapsdt,\"?\",\"note\"\n"                                     \
    ".balign 4\n"                                                                     \
    ".4byte 992f-991f, 994f-993f, 3\n"                                                \
    "991: .asciz \"stapsdt\"\n"                                                       \
    "992: .balign 4\n"                                                                \
    "993: .8byte 990b\n"                                                              \
    ".8byte _.stapsdt.base\n"                                                         \
    ".8byte " semaphore "\n"                                                          \
    ".asciz \"tt_probed\"\n"                                                          \
    ".asciz \"" name "\"\n"                                                           \
    ".asciz \"" arguments "\"\n"                                                      \
    "994: .balign 4\n"                                                                \
    ".popsection\n"                                                                   \
    ".ifndef _.stapsdt.base\n"                                                        \
    ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"           \
    ".weak _.stapsdt.base\n"                                                          \
    ".hidden _.stapsdt.base\n"                                                        \
    "_.stapsdt.base: .space 1\n"                                                      \
    ".size _.stapsdt.base, 1\n"                                                       \
    ".popsection\n"                                                                   \
    ".endif\n"

struct pair {
    long first;
    short second;
};

/* Three arguments: an int (negative), a constant, and a short in memory, behind a pointer. */
static __attribute__((always_inline)) inline void plain(int number, struct pair *pair)
{
#ifdef __x86_64__
    __asm__ volatile(NOTE("plain", "0", "-4@%k[number] 4@$77 -2@8(%[pair])")
                     :: [number] "r"(number), [pair] "r"(pair) : "memory");
#else
    __asm__ volatile(NOTE("plain", "0", "-4@%w[number] 4@77 -2@[%[pair], 8]")
                     :: [number] "r"(number), [pair] "r"(pair) : "memory");
#endif
}

__attribute__((noinline)) long tt_probed_add(int a, long b)
{
    __asm__ volatile("" ::: "memory");
    return a + b;
}

__attribute__((noinline)) int tt_probed_gate(long value)
{
    if (!tt_gated_semaphore)
        return 0;
    __asm__ volatile(NOTE("gated", "tt_gated_semaphore", "8@%[value]") :: [value] "r"(value) : "memory");
    return 1;
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? atol(argv[1]) : 1, open = 0;
    struct pair pair = {1, -3};
    printf("%d\n", getpid());
    fflush(stdout);
    while (getchar() != EOF) {
        for (long i = 0; i < rounds; i++) {
            tt_probed_add((int)i, 100);
            plain(-5, &pair);
            open += tt_probed_gate(i + (1L << 40));
            if (getenv("TT_PROBED_NO_SUCH") != NULL)
                return 1;
        }
        printf("%ld\n", open);
        fflush(stdout);
        open = 0;
    }
    return 0;
}
