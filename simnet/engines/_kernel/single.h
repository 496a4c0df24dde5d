/* One replicate at a time: what the rejection kernel and the direct method without lanes share. */
#ifndef SIMNET_SINGLE_H
#define SIMNET_SINGLE_H

#include <math.h>

#include "real.h"
#include "ssa.h"
#include "tape.h"

SSA_INLINE double single_law(const ssa_network *n, const double *rows, int64_t j) {
    return n->rate[j] * rows[n->first[j]] * (rows[n->second[j]] - n->less[j]);
}

SSA_INLINE void single_run_items(const ssa_network *n, double *rows, uint64_t awake) {
    for (int64_t i = 0; i < n->items; i++)
        if (awake & n->item_bits[i])
            tape_run(n->tape, n->item_from[i], n->item_from[i + 1], rows, 1);
}

/* The first reaction whose propensity is none, or -1; where only their sum is too large, the last. */
SSA_INLINE int64_t single_culprit(const ssa_network *n, const double *rows, double total,
                                  double *value) {
    for (int64_t j = 0; j < n->reactions; j++) {
        *value = single_law(n, rows, j);
        if (!real_is_propensity(*value))
            return j;
    }
    *value = total;
    return real_is_propensity(total) ? -1 : n->reactions - 1;
}

/* First passages. */
SSA_INLINE void single_watch(const ssa_network *n, const ssa_block *b, double *rows, int64_t r,
                             double time) {
    ssa_take_readouts(n, rows, 1, time);
    for (int64_t k = 0; k < b->watches; k++) {
        const double value = rows[n->readout[b->watched[k]]];
        double *crossed = b->crossed + r * b->watches + k;
        if (isnan(*crossed) && b->sign[k] * (value - b->threshold[k]) >= 0.0)
            *crossed = time;
    }
}

/* Readouts at output times before `until`; the next output. */
SSA_INLINE int64_t single_record(const ssa_network *n, const ssa_block *b, double *rows,
                                 int64_t r, int64_t i, double until) {
    for (; i < b->outputs && b->output[i] < until; i++) {
        ssa_take_readouts(n, rows, 1, b->output[i]);
        for (int64_t k = 0; k < n->readouts; k++)
            b->values[r * b->stride + i * n->readouts + k] = rows[n->readout[k]];
    }
    return i;
}

/* Whether a replicate has to stop; the failure is then noted. */
SSA_INLINE int single_past_limits(const ssa_block *b, int64_t r, double wall_start, double time,
                                  int64_t last) {
    int status = SSA_FINE;
    if (b->control->stop)
        status = SSA_STOPPED;
    else if (b->most_wall >= 0 && b->control->now - wall_start >= b->most_wall)
        status = SSA_WALL;
    if (status != SSA_FINE)
        ssa_fail(b, r, status, last, (double)b->firings[r], time);
    return status != SSA_FINE;
}

#endif
