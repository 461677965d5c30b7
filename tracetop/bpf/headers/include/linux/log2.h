/* Integer constant expressions: they size maps. */
#ifndef TT_LINUX_LOG2_H
#define TT_LINUX_LOG2_H
#define ilog2(n) (63 - __builtin_clzll(n))
#define roundup_pow_of_two(n) ((n) <= 1 ? 1ULL : 1ULL << (64 - __builtin_clzll((n) - 1ULL)))
#endif
