/* typed [N]: calls functions with parameters of every kind, N (default 1) times. To be built with debug information. */
#include <stdlib.h>

struct tt_inner {
    int a;
    char text[8];
};
struct tt_record {
    int x;
    long y;
    struct tt_inner inner;
    struct tt_record *next;
    unsigned low : 3, high : 5;
    enum { TT_NONE, TT_SOME } kind;
    union {
        int as_int;
        unsigned char as_bytes[4];
    };
};
struct tt_pair {
    int first, second;
};
enum tt_colour { TT_RED, TT_GREEN = 5 };
typedef short tt_number;

#define APART __attribute__((noinline, noclone))
#define HERE __asm__ volatile("" ::: "memory")

APART long tt_typed_call(int a, long b, struct tt_record *r, const char *text, enum tt_colour colour, tt_number n)
{
    HERE;
    return a + b + r->x + text[0] + colour + n;
}

APART int tt_typed_many(char a, int b, int c, int d, int e, int f, short g, long h)
{
    HERE;
    return a + b + c + d + e + f + g + h;
}

APART int tt_typed_large(struct tt_record record, int last)
{
    HERE;
    return record.x + last;
}

APART int tt_typed_mixed(double d, struct tt_pair pair, float f, int last)
{
    HERE;
    return (int)d + pair.first + (int)f + last;
}

APART struct tt_record tt_typed_result(int only)
{
    struct tt_record record = {.x = only};
    HERE;
    return record;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    struct tt_record record = {
        .x = 42, .y = -3, .inner = {9, "inner"}, .low = 5, .high = 17, .kind = TT_SOME, .as_int = 0x01020304};
    record.next = &record;
    for (int i = 0; i < rounds; i++) {
        tt_typed_call(-i - 1, 1L << 40, &record, "hello", TT_GREEN, -7);
        tt_typed_many(-1, 2, 3, 4, 5, 6, -7, 1L << 33);
        tt_typed_large(record, 77);
        tt_typed_mixed(1.5, (struct tt_pair){11, 12}, 2.5f, 13);
        record.x = tt_typed_result(42).x;
    }
    return 0;
}
