/* The direct method for a few replicates, one after the other: the bits of `lockstep.c`.
 *
 * Sixteen lanes with one replicate in them cost as much as full ones. Here the running sums begin
 * at the first reaction that the last firing concerns; those before it are what they were, so that
 * all sums are those of `lockstep.c` to the last bit.
 */

#include "ssa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "real.h"
#include "single.h"
#include "stream.h"

#define SOME_STEPS 1024

typedef struct {
    double *rows, *sums;
    int32_t *concerned; /* for each reaction the first whose law its firing changes */
    void *base[3];
} direct_t;

static void find_concerned(const ssa_network *n, direct_t *w) {
    for (int64_t j = 0; j < n->reactions; j++) {
        int32_t first = (int32_t)n->reactions;
        for (int64_t c = j * n->width; c < (j + 1) * n->width; c++) {
            const int64_t s = n->changed[c];
            if (s == n->sink)
                continue;
            for (int32_t i = n->bounded_from[s]; i < n->bounded_from[s + 1]; i++)
                first = n->bounded[i] < first ? n->bounded[i] : first;
        }
        for (int32_t i = n->exact_from[j]; i < n->exact_from[j + 1]; i++)
            first = n->exact[i] < first ? n->exact[i] : first;
        w->concerned[j] = first;
    }
}

/* Running sums from reaction `first` on; the total. */
SSA_INLINE double add_up(const ssa_network *n, direct_t *w, int64_t first) {
    double sum = first > 0 ? w->sums[first - 1] : 0.0;
    for (int64_t j = first; j < n->reactions; j++)
        w->sums[j] = sum += single_law(n, w->rows, j);
    return sum;
}

/* The number of sums that are not above the aim, by halves. */
SSA_INLINE int64_t choose(const ssa_network *n, const direct_t *w, double aim) {
    const double *at = w->sums;
    int64_t left = n->reactions;
    while (left > 1) {
        const int64_t half = left / 2;
        at += at[half - 1] <= aim ? half : 0;
        left -= half;
    }
    return at - w->sums;
}

/* Whether some result of the items that have just run is no propensity. */
SSA_INLINE int is_bad(const ssa_network *n, const direct_t *w, uint64_t awake) {
    int bad = 0;
    for (int64_t i = 0; i < n->items; i++)
        if ((awake & n->item_bits[i]) && n->item_result[i] >= 0)
            bad |= !real_is_propensity(w->rows[n->item_result[i]]);
    return bad;
}

SSA_INLINE void run_replicate(const ssa_network *n, const ssa_block *b, direct_t *w, int64_t r) {
    uint64_t *stream = b->streams + r * 4, awake = ~(uint64_t)0;
    const double wall_start = b->control->now - b->wall[r];
    double time = b->start, value = 0.0;
    int64_t output = 0, last = -1, steps = 0, first = 0;
    int bad = 0;

    memcpy(w->rows, b->counts + r * n->species, (size_t)n->species * sizeof(double));
    for (;;) {
        if (SSA_UNLIKELY(steps++ % SOME_STEPS == 0) &&
            single_past_limits(b, r, wall_start, time, last))
            break;
        if (SSA_UNLIKELY(b->most_firings >= 0 && b->firings[r] >= b->most_firings)) {
            ssa_fail(b, r, SSA_FIRINGS, last, (double)b->firings[r], time);
            break;
        }
        if (awake != 0) {
            single_run_items(n, w->rows, awake);
            bad |= is_bad(n, w, awake);
        }
        if (SSA_UNLIKELY(b->watches > 0))
            single_watch(n, b, w->rows, r, time);
        const double all = add_up(n, w, first);
        if (SSA_UNLIKELY(bad || !real_is_propensity(all))) {
            const int64_t j = single_culprit(n, w->rows, all, &value);
            if (j >= 0) {
                ssa_fail(b, r, SSA_PROPENSITY, j, value, time);
                break;
            }
        }
        const double wait = real_uniform(stream_next(stream, 1));
        const double aim = real_uniform(stream_next(stream, 1)) * all;
        const double next = time + -real_log(wait) / all;
        if (SSA_UNLIKELY(output < b->outputs && b->output[output] < next))
            output = single_record(n, b, w->rows, r, output, next < b->end ? next : INFINITY);
        if (SSA_UNLIKELY(!(next < b->end))) {
            single_record(n, b, w->rows, r, output, INFINITY);
            break;
        }
        time = next;
        const int64_t j = choose(n, w, aim);
        if (SSA_UNLIKELY(b->firings[r] < b->traced)) {
            b->trace_time[r * b->traced + b->firings[r]] = time;
            b->trace_reaction[r * b->traced + b->firings[r]] = (int32_t)j;
        }
        double most = 0.0;
        for (int64_t c = j * n->width; c < (j + 1) * n->width; c++) {
            const double count = w->rows[n->changed[c]] += n->by[c];
            most = count > most ? count : most;
        }
        b->firings[r]++;
        awake = n->wakes[j];
        first = w->concerned[j];
        last = j;
        if (SSA_UNLIKELY(most >= SSA_MOST_COUNTED)) {
            ssa_fail(b, r, SSA_OVERFLOW, j, most, time);
            break;
        }
    }
    memcpy(b->counts + r * n->species, w->rows, (size_t)n->species * sizeof(double));
    b->wall[r] = b->control->now - wall_start;
}

int ssa_direct(const ssa_network *n, const ssa_block *b, int64_t from, int64_t to) {
    direct_t w = {0};
    w.rows = ssa_allocate(n->rows, sizeof(double), &w.base[0]);
    w.sums = ssa_allocate(n->reactions, sizeof(double), &w.base[1]);
    w.concerned = ssa_allocate(n->reactions, sizeof(int32_t), &w.base[2]);
    const int failed = w.rows == NULL || w.sums == NULL || w.concerned == NULL;
    if (!failed) {
        w.rows[n->one] = 1.0;
        memcpy(w.rows + n->constant_row, n->constant, (size_t)n->constants * sizeof(double));
        find_concerned(n, &w);
        for (int64_t r = from; r < to; r++)
            if (b->status[r] == SSA_FINE)
                run_replicate(n, b, &w, r);
    }
    for (int i = 0; i < 3; i++)
        free(w.base[i]);
    return failed;
}
