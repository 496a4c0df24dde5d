/* Rejection-based SSA (RSSA), one replicate after the other: for large networks.
 *
 * Source: Thanh, Priami & Zunino 2014 (doi:10.1063/1.4896985). Every count n has an interval of
 * relative half-width 0.1, and every law an upper and a lower bound over the intervals of what it
 * reads. Candidates are drawn at the rates of the upper bounds, and one of law j fires with
 * probability a_j / upper_j; mostly it lies below lower_j, and a_j is never computed. Bounds are
 * renewed only when a count leaves its interval: on a network of 3,749 reactions that is 5 bounds
 * a firing, where a dependency graph renews 163 propensities. Trials that are refused thin a
 * Poisson process, which is exact.
 *
 * A law that the tape computes has equal bounds, its value, which is renewed whenever a count
 * changes that it reads: nothing is assumed about its form.
 *
 * The upper bounds are summed in a tree whose nodes have 16 children. Each node keeps the running
 * sums of its children, so that finding a candidate is comparing 16 numbers a level.
 *
 * Invariants
 * - lower_j <= a_j <= upper_j, as rounded: products of rounded numbers that do not fall, do not
 *   fall. A count of zero has the interval [0, 0], so what cannot fire has no rate.
 * - running[i] = value[0] + ... + value[i], added from left to right; a node's value is its last
 *   running sum. There is no drift: sums are added anew, never corrected by differences.
 * - A candidate has an upper bound above zero (see `find`).
 * - Each trial takes three numbers from the stream.
 */

#include "ssa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "real.h"
#include "single.h"
#include "stream.h"

#define FANOUT 16
#define LEVELS 8
#define SOME_TRIALS 1024
#define HALF_WIDTH 0.1

typedef struct {
    double *value, *running; /* children * FANOUT of each node, padded with zeros */
    uint8_t *dirty;          /* whether a child of the node has changed */
    int32_t *pending;        /* the nodes in which one has */
    int64_t nodes, waiting;
} level_t;

typedef struct {
    double rate, less;
    int32_t first, second, law;
} line_t;

typedef struct {
    double *rows, *low, *high;
    double *lower; /* of each law; the upper bounds are the leaves of the tree */
    line_t *lines; /* the laws once more, in the order of the lists by species */
    level_t level[LEVELS];
    int levels;
    int64_t trials;
    void *base[5 + 4 * LEVELS];
    int bases;
} tree_t;

/* ---------------------------------------------------------------- the tree */

/* Give a leaf or a node's total a new value. Many stay as they are: zero, for want of a partner. */
SSA_INLINE void put(level_t *level, int64_t child, double value) {
    const int64_t node = child / FANOUT;
    if (level->value[child] == value)
        return;
    level->value[child] = value;
    if (!level->dirty[node])
        level->pending[level->waiting++] = (int32_t)node;
    level->dirty[node] = 1;
}

/* Add up again what has changed, from the leaves to the root. */
SSA_INLINE void add_up(tree_t *w) {
    for (int k = 0; k < w->levels; k++) {
        level_t *level = &w->level[k];
        for (int64_t p = 0; p < level->waiting; p++) {
            const int64_t node = level->pending[p];
            const double *value = level->value + node * FANOUT;
            double *running = level->running + node * FANOUT;
            double sum = 0.0;
            for (int i = 0; i < FANOUT; i++)
                running[i] = sum += value[i];
            level->dirty[node] = 0;
            if (k + 1 < w->levels)
                put(level + 1, node, sum);
        }
        level->waiting = 0;
    }
}

SSA_INLINE double total(const tree_t *w) { return w->level[w->levels - 1].running[FANOUT - 1]; }

/* The leaf in whose share of the total the aim lies. In each node it is the first child whose
 * running sum is above the aim, so that child's value is above zero, as long as the aim is below
 * the node's own; where a subtraction was rounded, the aim is put just below it. */
SSA_INLINE int64_t find(const tree_t *w, double aim) {
    int64_t child = 0;
    for (int k = w->levels - 1; k >= 0; k--) {
        const double *running = w->level[k].running + child * FANOUT;
        const double most = running[FANOUT - 1];
        uint64_t count = 0;
        aim = aim < most ? aim : most * 0x1.fffffffffffffp-1;
        SSA_COUNT(i, FANOUT, count) count += running[i] <= aim;
        aim -= count > 0 ? running[count - 1] : 0.0;
        child = child * FANOUT + (int64_t)count;
    }
    return child;
}

/* ---------------------------------------------------------------- bounds */

SSA_INLINE double line(const line_t *l, const double *rows) {
    return l->rate * rows[l->first] * (rows[l->second] - l->less);
}

/* Both bounds of a law that only multiplies, from the intervals of its counts. */
SSA_INLINE void bound(tree_t *w, const line_t *l) {
    w->lower[l->law] = line(l, w->low);
    put(&w->level[0], l->law, line(l, w->high));
}

/* A law of the tape: both bounds are its value. Returns whether it is no propensity. */
SSA_INLINE int bound_exactly(const ssa_network *n, tree_t *w, int64_t j) {
    const double value = single_law(n, w->rows, j);
    w->lower[j] = value;
    put(&w->level[0], j, value);
    return !real_is_propensity(value);
}

/* The interval around a count: [n, n] up to 4, then n plus or minus a tenth. */
SSA_INLINE void enclose(tree_t *w, int64_t s) {
    const double n = w->rows[s], half = floor(HALF_WIDTH * n + 0.5);
    w->low[s] = n - half;
    w->high[s] = n + half;
}

/* Everything from the counts. Returns whether some law is no propensity. */
static int build(const ssa_network *n, tree_t *w) {
    int bad = 0;
    for (int64_t s = 0; s < n->species; s++)
        enclose(w, s);
    single_run_items(n, w->rows, ~(uint64_t)0);
    for (int64_t j = 0; j < n->reactions; j++) {
        const line_t l = {n->rate[j], n->less[j], n->first[j], n->second[j], (int32_t)j};
        if (n->is_exact[j])
            bad |= bound_exactly(n, w, j);
        else
            bound(w, &l);
    }
    add_up(w);
    return bad;
}

/* Change the counts, and renew the bounds that no longer hold. Returns whether some law is no
 * propensity; `most` becomes the largest count. */
SSA_INLINE int fire(const ssa_network *n, tree_t *w, int64_t j, double *most) {
    int bad = 0;
    double largest = 0.0;
    for (int64_t c = j * n->width; c < (j + 1) * n->width; c++) {
        const int64_t s = n->changed[c];
        if (s == n->sink)
            break;
        const double count = w->rows[s] += n->by[c];
        largest = count > largest ? count : largest;
        if (count < w->low[s] || count > w->high[s]) {
            enclose(w, s);
            for (int32_t i = n->bounded_from[s]; i < n->bounded_from[s + 1]; i++)
                bound(w, &w->lines[i]);
        }
    }
    if (n->wakes[j] != 0)
        single_run_items(n, w->rows, n->wakes[j]);
    for (int32_t i = n->exact_from[j]; i < n->exact_from[j + 1]; i++)
        bad |= bound_exactly(n, w, n->exact[i]);
    add_up(w);
    *most = largest;
    return bad;
}

/* ---------------------------------------------------------------- one replicate */

SSA_INLINE void run_replicate(const ssa_network *n, const ssa_block *b, tree_t *w, int64_t r) {
    uint64_t *stream = b->streams + r * 4;
    const double wall_start = b->control->now - b->wall[r];
    const int observed = b->watches > 0;
    double time = b->start, value = 0.0, most = 0.0;
    int64_t output = 0, last = -1;

    memcpy(w->rows, b->counts + r * n->species, (size_t)n->species * sizeof(double));
    int bad = build(n, w);
    for (;;) {
        if (SSA_UNLIKELY(w->trials++ % SOME_TRIALS == 0) &&
            single_past_limits(b, r, wall_start, time, last))
            break;
        if (SSA_UNLIKELY(b->most_firings >= 0 && b->firings[r] >= b->most_firings)) {
            ssa_fail(b, r, SSA_FIRINGS, last, (double)b->firings[r], time);
            break;
        }
        if (SSA_UNLIKELY(observed))
            single_watch(n, b, w->rows, r, time);
        const double all = total(w);
        if (SSA_UNLIKELY(bad || !real_is_propensity(all))) {
            const int64_t j = single_culprit(n, w->rows, all, &value);
            ssa_fail(b, r, SSA_PROPENSITY, j, value, time);
            break;
        }
        const double wait = real_uniform(stream_next(stream, 1));
        const double aim = real_uniform(stream_next(stream, 1));
        const double pick = real_uniform(stream_next(stream, 1));
        const double next = time + -real_log(wait) / all;
        if (SSA_UNLIKELY(output < b->outputs && b->output[output] < next))
            output = single_record(n, b, w->rows, r, output, next < b->end ? next : INFINITY);
        if (SSA_UNLIKELY(!(next < b->end))) {
            single_record(n, b, w->rows, r, output, INFINITY);
            break;
        }
        time = next;
        const int64_t j = find(w, aim * all);
        const double height = pick * w->level[0].value[j];
        if (height > w->lower[j] && height > single_law(n, w->rows, j))
            continue;
        if (SSA_UNLIKELY(b->firings[r] < b->traced)) {
            b->trace_time[r * b->traced + b->firings[r]] = time;
            b->trace_reaction[r * b->traced + b->firings[r]] = (int32_t)j;
        }
        bad = fire(n, w, j, &most);
        b->firings[r]++;
        last = j;
        if (SSA_UNLIKELY(most >= SSA_MOST_COUNTED)) {
            ssa_fail(b, r, SSA_OVERFLOW, j, most, time);
            break;
        }
    }
    memcpy(b->counts + r * n->species, w->rows, (size_t)n->species * sizeof(double));
    b->wall[r] = b->control->now - wall_start;
}

SSA_CLONES static void run(const ssa_network *n, const ssa_block *b, tree_t *w, int64_t from,
                           int64_t to) {
    for (int64_t r = from; r < to; r++)
        if (b->status[r] == SSA_FINE)
            run_replicate(n, b, w, r);
}

/* ---------------------------------------------------------------- memory */

static void *more(tree_t *w, int64_t count, int64_t size) {
    void *found = ssa_allocate(count, size, &w->base[w->bases]);
    w->bases += found != NULL;
    return found;
}

/* As many levels as it takes to come to one node. */
static int grow(const ssa_network *n, tree_t *w) {
    int64_t children = n->reactions > 0 ? n->reactions : 1;
    do {
        level_t *level = &w->level[w->levels++];
        level->nodes = (children + FANOUT - 1) / FANOUT;
        level->value = more(w, level->nodes * FANOUT, sizeof(double));
        level->running = more(w, level->nodes * FANOUT, sizeof(double));
        level->dirty = more(w, level->nodes, 1);
        level->pending = more(w, level->nodes, sizeof(int32_t));
        if (!level->value || !level->running || !level->dirty || !level->pending)
            return 1;
        children = level->nodes;
    } while (children > 1);
    w->rows = more(w, n->rows, sizeof(double));
    w->low = more(w, n->rows, sizeof(double));
    w->high = more(w, n->rows, sizeof(double));
    w->lower = more(w, n->reactions, sizeof(double));
    w->lines = more(w, n->bounded_from[n->species], sizeof(line_t));
    return !w->rows || !w->low || !w->high || !w->lower || !w->lines;
}

static void copy_lines(const ssa_network *n, tree_t *w) {
    for (int32_t i = 0; i < n->bounded_from[n->species]; i++) {
        const int32_t j = n->bounded[i];
        w->lines[i] = (line_t){n->rate[j], n->less[j], n->first[j], n->second[j], j};
    }
}

int ssa_rejection(const ssa_network *n, const ssa_block *b, int64_t from, int64_t to) {
    tree_t w = {0};
    const int failed = grow(n, &w);
    if (!failed) {
        w.rows[n->one] = w.low[n->one] = w.high[n->one] = 1.0;
        memcpy(w.rows + n->constant_row, n->constant, (size_t)n->constants * sizeof(double));
        copy_lines(n, &w);
        run(n, b, &w, from, to);
    }
    while (w.bases > 0)
        free(w.base[--w.bases]);
    return failed;
}
