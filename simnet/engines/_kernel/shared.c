/* What both kernels do once in a while: readouts, failures, memory. */

#include "ssa.h"

#include <stdlib.h>

#include "tape.h"

/* Bring the readouts of every lane up to date. */
void ssa_take_readouts(const ssa_network *n, double *rows, int lanes, double time) {
    double *row = rows + n->time * lanes;
    for (int l = 0; l < lanes; l++)
        row[l] = time;
    if (lanes == 1)
        tape_run(n->tape, n->item_from[n->items], n->operations, rows, 1);
    else
        tape_run(n->tape, n->item_from[n->items], n->operations, rows, SSA_LANES);
}

void ssa_fail(const ssa_block *b, int64_t replicate, int status, int64_t reaction, double value,
              double at) {
    b->status[replicate] = status;
    b->reaction[replicate] = (int32_t)reaction;
    b->value[replicate] = value;
    b->at[replicate] = at;
}

/* Zeros that begin on a cache line; free `base`. */
void *ssa_allocate(int64_t count, int64_t size, void **base) {
    const size_t line = 64;
    *base = calloc((size_t)(count > 0 ? count : 1) * (size_t)size + line, 1);
    if (*base == NULL)
        return NULL;
    return (void *)(((uintptr_t)*base + line - 1) / line * line);
}

/* The instruction set that the clones were chosen for. */
const char *ssa_instructions(void) {
#ifdef SSA_DISPATCHED
    __builtin_cpu_init();
#ifndef SSA_NO_AVX512
    if (__builtin_cpu_supports("avx512f"))
        return "avx512f";
#endif
    if (__builtin_cpu_supports("avx2"))
        return "avx2";
#endif
    return "default";
}
