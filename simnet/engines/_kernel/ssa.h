/* Exact stochastic simulation: what the two kernels share.
 *
 * A replicate is a vector of counts and a random stream. A kernel takes a block of replicates from
 * the start of a segment to its end; nothing is switched in between. Counts are doubles that hold
 * whole numbers below 2^53: there, one more would be lost. A replicate's result depends on its own
 * stream and counts only, never on its neighbours, so that bits are the same for any number of
 * threads and any size of block.
 *
 * Rows. Everything that a law or a readout reads has a row, and a row has one place a lane (the
 * lanes are replicates that run side by side; the rejection kernel has one):
 *
 *     0 .. species-1             counts
 *     one                        1 in each lane
 *     sink                       takes what changes nothing
 *     time                       the time, where readouts are taken
 *     constant_row ...           constants of the tape
 *     the rest                   what the tape computes
 *
 * Laws. Every propensity is one line of one table,
 *
 *     a_j = rate_j * row[first_j] * (row[second_j] - less_j)
 *
 * with `second` the row of ones for fewer than two molecules and less = 1 for two of one kind.
 * A law of another form is computed by the tape, and its row is `first`.
 *
 * Tape. A list of operations on rows, cut into items; each item writes rows that no other writes
 * and has to run again when one of the counts that it reads has changed.
 */
#ifndef SIMNET_SSA_H
#define SIMNET_SSA_H

#include <stdint.h>

#define SSA_LANES 16
#define SSA_MOST_COUNTED 9007199254740992.0 /* 2^53 */

#if defined(__GNUC__)
#define SSA_INLINE static inline __attribute__((always_inline))
#define SSA_RARE __attribute__((noinline, cold))
#define SSA_UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define SSA_INLINE static inline
#define SSA_RARE
#define SSA_UNLIKELY(x) (x)
#endif

/* A loop over lanes that do not concern each other. Without the pragma gcc unrolls the sixteen
 * turns before it looks for vectors, and finds none. */
#define SSA_PRAGMA(text) _Pragma(#text)
#if defined(__GNUC__)
#define SSA_EACH(l, lanes) SSA_PRAGMA(omp simd) for (int l = 0; l < (lanes); l++)
#define SSA_ANY(l, lanes, any) \
    SSA_PRAGMA(omp simd reduction(| : any)) for (int l = 0; l < (lanes); l++)
#define SSA_COUNT(l, lanes, count) \
    SSA_PRAGMA(omp simd reduction(+ : count)) for (int l = 0; l < (lanes); l++)
#else
#define SSA_COUNT(l, lanes, count) for (int l = 0; l < (lanes); l++)
#define SSA_EACH(l, lanes) for (int l = 0; l < (lanes); l++)
#define SSA_ANY(l, lanes, any) for (int l = 0; l < (lanes); l++)
#endif

/* One function compiled for several instruction sets, chosen when the library is loaded. */
#if !defined(SSA_PLAIN) && defined(__GNUC__) && defined(__x86_64__) && defined(__GLIBC__)
#define SSA_DISPATCHED
#if defined(SSA_NO_AVX512)
#define SSA_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SSA_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#else
#define SSA_CLONES
#endif

/* What became of a replicate. */
enum {
    SSA_FINE = 0,
    SSA_PROPENSITY = 1, /* negative, infinite or no number: `reaction`, `value` */
    SSA_OVERFLOW = 2,   /* a count of 2^53: `reaction`, `value` */
    SSA_FIRINGS = 3,    /* the limit of firings was reached; `reaction` fired last, or -1 */
    SSA_WALL = 4,       /* the limit of wall time was reached */
    SSA_STOPPED = 5,    /* the caller wants no more */
    SSA_MEMORY = 6
};

/* Operations of the tape: code, target row, and up to three rows to read. */
typedef struct {
    int32_t code, target, a, b, c;
} ssa_operation;

typedef struct {
    int64_t species, reactions, rows, one, sink, time;

    /* laws, one line a reaction */
    const double *rate;
    const int32_t *first, *second;
    const double *less;

    /* changes: `width` pairs a reaction, padded with (sink, 0); reaction number `reactions` is the
     * one that changes nothing */
    int64_t width;
    const int32_t *changed; /* (reactions + 1) * width */
    const double *by;

    /* tape */
    int64_t constant_row, constants;
    const double *constant;
    const ssa_operation *tape;
    int64_t items;
    const int32_t *item_from;   /* items + 1; what follows the last item takes the readouts */
    const int32_t *item_result; /* row that must be finite and not negative, or -1 */
    const uint64_t *item_bits;  /* one bit of 64, shared where there are more items */
    const uint64_t *wakes;      /* reactions + 1: the bits of the items that a firing concerns */
    int64_t operations;

    /* readouts */
    int64_t readouts;
    const int32_t *readout; /* rows */

    /* rejection only: laws without tape by the species that they read, and laws with tape by the
     * reaction whose firing concerns them, as lists one after the other */
    const int32_t *bounded_from, *bounded; /* species + 1 */
    const int32_t *exact_from, *exact;     /* reactions + 1 */
    const uint8_t *is_exact;               /* reactions */
} ssa_network;

/* Written by the caller's thread while the kernel runs. */
typedef struct {
    volatile int64_t stop; /* not zero: no more */
    volatile double now;   /* seconds */
} ssa_control;

typedef struct {
    int64_t replicates;
    double *counts;    /* replicates * species, in and out */
    uint64_t *streams; /* replicates * 4, in and out */
    int64_t *firings;  /* so far, in and out */
    double *wall;      /* seconds used so far, in and out */
    int32_t *status;   /* those that are not fine are left alone */
    int32_t *reaction; /* of the failure */
    double *value, *at; /* of the failure: propensity or count, and time */

    double start, end;
    int64_t outputs;
    const double *output; /* times in [start, end], increasing */
    double *values;       /* replicate r, output i, readout k: r * stride + i * readouts + k */
    int64_t stride;

    int64_t most_firings; /* or a number below zero: no limit */
    double most_wall;     /* likewise */
    const ssa_control *control;

    /* first passage: the first time at which sign * (readout - threshold) >= 0; NaN before */
    int64_t watches;
    const int32_t *watched; /* readouts */
    const double *sign, *threshold;
    double *crossed; /* replicates * watches, in and out */

    /* what fired, for tests: the first `traced` firings of each replicate */
    int64_t traced;
    double *trace_time;
    int32_t *trace_reaction;
} ssa_block;

/* Replicates from..to-1 of a block. Return 0, or 1 where memory ran out. */
int ssa_lockstep(const ssa_network *network, const ssa_block *block, int64_t from, int64_t to);
int ssa_direct(const ssa_network *network, const ssa_block *block, int64_t from, int64_t to);
int ssa_rejection(const ssa_network *network, const ssa_block *block, int64_t from, int64_t to);

/* shared.c: what is due once in a while */
void ssa_take_readouts(const ssa_network *n, double *rows, int lanes, double time);
void ssa_fail(const ssa_block *b, int64_t replicate, int status, int64_t reaction, double value,
              double at);
const char *ssa_instructions(void);
void *ssa_allocate(int64_t count, int64_t size, void **base);

#endif
