/* The direct method for many replicates side by side: for small and medium networks.
 *
 * Source: Gillespie 1977 (doi:10.1021/j100540a008). Each step draws two uniforms a lane, computes
 * all propensities as running sums, and fires one reaction in every lane. There is no dependency
 * graph: up to some hundred reactions, a row of sixteen propensities costs less than finding out
 * which have changed. A lane whose replicate has ended takes the next one.
 *
 * Invariants
 * - sums[j] = a_0 + ... + a_j, added from left to right, so it never falls in j and the reaction
 *   chosen, the number of sums <= u * total, has a propensity above zero: sums[j-1] <= u * total
 *   < sums[j]. u <= 1 - 2^-53 rounds u * total below total.
 * - Each step takes two numbers from each stream, whatever happens in it.
 * - An item of the tape runs in all lanes when a firing in any concerns it: where nothing changed,
 *   it computes what was there.
 */

#include "ssa.h"

#include <math.h>
#include <stdlib.h>

#include "real.h"
#include "stream.h"
#include "tape.h"

#define LANES SSA_LANES
#define EACH_LANE SSA_EACH(l, LANES)         /* side by side */
#define LANE_BY_LANE for (int l = 0; l < LANES; l++)
#define BLOCK 16       /* reactions between the sums that are looked at first */
#define ALL_COUNTED 32 /* up to here all sums are compared */
#define SOME_STEPS 2048
#define FEW 4 /* replicates for which lanes would mostly be empty */

typedef struct {
    double *rows;     /* rows * LANES */
    double *sums;     /* (reactions + 1) * LANES */
    uint64_t *stream; /* 4 * LANES */
    double time[LANES], next[LANES], wait[LANES], aim[LANES], stop[LANES], total[LANES];
    int64_t bad[LANES];          /* 1 where the tape gave no propensity, since the start */
    int64_t busy[LANES];         /* 1 where there is a replicate */
    int64_t chosen[LANES];       /* the reaction that fires */
    int64_t replicate[LANES];    /* or -1 */
    int64_t output[LANES];       /* the next one */
    int64_t first_step[LANES];   /* of the replicate, less firings before */
    double wall_start[LANES];
    int64_t waiting, last;       /* replicates not yet begun: waiting..last-1 */
    int64_t running;             /* lanes with a replicate */
    int64_t step, next_check;
    uint64_t awake;              /* items of the tape to run */
    void *base[3];
} lanes_t;

/* ---------------------------------------------------------------- once in a while */

static double value_at(const lanes_t *w, int64_t row, int l) { return w->rows[row * LANES + l]; }

/* Give a lane the next replicate, which fires first in the step `first`. */
static void begin(const ssa_network *n, const ssa_block *b, lanes_t *w, int l, int64_t first) {
    while (w->waiting < w->last && b->status[w->waiting] != SSA_FINE)
        w->waiting++;
    w->stop[l] = b->outputs > 0 && b->output[0] < b->end ? b->output[0] : b->end;
    w->next[l] = w->time[l] = b->start;
    w->output[l] = 0;
    w->bad[l] = 0;
    w->chosen[l] = n->reactions;
    w->awake = ~(uint64_t)0;
    w->busy[l] = w->waiting < w->last;
    if (!w->busy[l]) {
        w->replicate[l] = -1;
        return;
    }
    const int64_t r = w->replicate[l] = w->waiting++;
    w->running++;
    for (int64_t s = 0; s < n->species; s++)
        w->rows[s * LANES + l] = b->counts[r * n->species + s];
    for (int i = 0; i < 4; i++)
        w->stream[i * LANES + l] = b->streams[r * 4 + i];
    w->first_step[l] = first - b->firings[r];
    w->wall_start[l] = b->control->now - b->wall[r];
    w->next_check = w->step; /* its limits are new */
}

static void leave(const ssa_network *n, const ssa_block *b, lanes_t *w, int l, int64_t first) {
    const int64_t r = w->replicate[l];
    for (int64_t s = 0; s < n->species; s++)
        b->counts[r * n->species + s] = value_at(w, s, l);
    for (int i = 0; i < 4; i++)
        b->streams[r * 4 + i] = w->stream[i * LANES + l];
    b->firings[r] = w->step - w->first_step[l];
    b->wall[r] = b->control->now - w->wall_start[l];
    w->running--;
    begin(n, b, w, l, first);
}

static void give_up(const ssa_network *n, const ssa_block *b, lanes_t *w, int l, int status,
                    int64_t reaction, double value, int64_t first) {
    ssa_fail(b, w->replicate[l], status, reaction, value, w->time[l]);
    leave(n, b, w, l, first);
}

/* Readouts at output times before `until`. */
static void record(const ssa_network *n, const ssa_block *b, lanes_t *w, int l, double until) {
    for (; w->output[l] < b->outputs && b->output[w->output[l]] < until; w->output[l]++) {
        ssa_take_readouts(n, w->rows, LANES, b->output[w->output[l]]);
        double *to = b->values + w->replicate[l] * b->stride + w->output[l] * n->readouts;
        for (int64_t k = 0; k < n->readouts; k++)
            to[k] = value_at(w, n->readout[k], l);
    }
    w->stop[l] = w->output[l] < b->outputs && b->output[w->output[l]] < b->end
                     ? b->output[w->output[l]]
                     : b->end;
}

/* The first reaction whose propensity is none, or -1; where only their sum is too large, the last. */
static int64_t culprit(const ssa_network *n, const lanes_t *w, int l, double *value) {
    for (int64_t j = 0; j < n->reactions; j++) {
        *value = n->rate[j] * value_at(w, n->first[j], l) *
                 (value_at(w, n->second[j], l) - n->less[j]);
        if (!real_is_propensity(*value))
            return j;
    }
    *value = w->total[l];
    return real_is_propensity(w->total[l]) ? -1 : n->reactions - 1;
}

/* After the waiting times are drawn: who has reached an output, the end or an error? */
static SSA_RARE void attend(const ssa_network *n, const ssa_block *b, lanes_t *w) {
    LANE_BY_LANE {
        if (!w->busy[l])
            continue;
        double value;
        const int64_t j = w->bad[l] || !real_is_propensity(w->total[l])
                              ? culprit(n, w, l, &value)
                              : -1;
        if (j >= 0) {
            give_up(n, b, w, l, SSA_PROPENSITY, j, value, w->step + 1);
        } else if (w->next[l] >= w->stop[l]) {
            const int over = w->next[l] >= b->end;
            record(n, b, w, l, over ? INFINITY : w->next[l]);
            if (over)
                leave(n, b, w, l, w->step + 1);
        }
    }
}

/* Every so many steps: limits, and whether to go on. Returns whether to stop at once. */
static SSA_RARE int check(const ssa_network *n, const ssa_block *b, lanes_t *w) {
    if (b->control->stop) {
        for (int l = 0; l < LANES; l++)
            while (w->replicate[l] >= 0)
                give_up(n, b, w, l, SSA_STOPPED, -1, 0.0, w->step);
        return 1;
    }
    LANE_BY_LANE {
        while (w->replicate[l] >= 0) {
            const int64_t j = w->chosen[l] < n->reactions ? w->chosen[l] : -1;
            if (b->most_firings >= 0 && w->step - w->first_step[l] >= b->most_firings)
                give_up(n, b, w, l, SSA_FIRINGS, j, (double)(w->step - w->first_step[l]),
                        w->step);
            else if (b->most_wall >= 0 && b->control->now - w->wall_start[l] >= b->most_wall)
                give_up(n, b, w, l, SSA_WALL, j, (double)(w->step - w->first_step[l]),
                        w->step);
            else
                break;
        }
    }
    w->next_check = w->step + SOME_STEPS;
    LANE_BY_LANE if (w->replicate[l] >= 0 && b->most_firings >= 0) {
        const int64_t due = w->first_step[l] + b->most_firings;
        if (due < w->next_check)
            w->next_check = due;
    }
    return 0;
}

/* A count has gone beyond what can be counted. */
static SSA_RARE void overflow(const ssa_network *n, const ssa_block *b, lanes_t *w) {
    LANE_BY_LANE {
        const int64_t j = w->chosen[l];
        for (int64_t c = 0; w->replicate[l] >= 0 && c < n->width; c++) {
            const double count = value_at(w, n->changed[j * n->width + c], l);
            if (count >= SSA_MOST_COUNTED) {
                give_up(n, b, w, l, SSA_OVERFLOW, j, count, w->step);
                break;
            }
        }
    }
}

/* First passages, and the trace: only where somebody asked. */
static SSA_RARE void watch(const ssa_network *n, const ssa_block *b, lanes_t *w) {
    ssa_take_readouts(n, w->rows, LANES, b->start);
    LANE_BY_LANE {
        const int64_t r = w->replicate[l];
        for (int64_t k = 0; r >= 0 && k < b->watches; k++) {
            const double value = value_at(w, n->readout[b->watched[k]], l);
            double *crossed = b->crossed + r * b->watches + k;
            if (isnan(*crossed) && b->sign[k] * (value - b->threshold[k]) >= 0.0)
                *crossed = w->time[l];
        }
    }
}

static SSA_RARE void trace(const ssa_network *n, const ssa_block *b, const lanes_t *w) {
    LANE_BY_LANE {
        const int64_t r = w->replicate[l], i = w->step - w->first_step[l];
        if (r >= 0 && w->chosen[l] < n->reactions && i < b->traced) {
            b->trace_time[r * b->traced + i] = w->next[l];
            b->trace_reaction[r * b->traced + i] = (int32_t)w->chosen[l];
        }
    }
}

/* ---------------------------------------------------------------- every step */

/* Run the items of the tape that are awake, and look at what comes out. */
SSA_INLINE void run_tape(const ssa_network *n, lanes_t *w) {
    if (w->awake == 0)
        return;
    for (int64_t i = 0; i < n->items; i++) {
        if (!(w->awake & n->item_bits[i]))
            continue;
        tape_run(n->tape, n->item_from[i], n->item_from[i + 1], w->rows, LANES);
        if (n->item_result[i] >= 0) {
            const double *x = w->rows + (int64_t)n->item_result[i] * LANES;
            EACH_LANE w->bad[l] |= !((x[l] >= 0.0) & (x[l] <= 1.7976931348623157e308));
        }
    }
    w->awake = 0;
}

/* Running sums of the propensities. */
SSA_INLINE void add_up(const ssa_network *n, lanes_t *w) {
    const double *rows = w->rows;
    double sum[LANES];
    EACH_LANE sum[l] = 0.0;
    for (int64_t j = 0; j < n->reactions; j++) {
        const double rate = n->rate[j], less = n->less[j];
        const double *restrict x = rows + (int64_t)n->first[j] * LANES;
        const double *restrict y = rows + (int64_t)n->second[j] * LANES;
        double *restrict to = w->sums + j * LANES;
        EACH_LANE {
            sum[l] += rate * x[l] * (y[l] - less);
            to[l] = sum[l];
        }
    }
    EACH_LANE w->total[l] = sum[l];
}

/* The time of the next firing, and the share of the total at which its reaction lies. Returns
 * whether some lane needs attention before it fires. */
SSA_INLINE int draw(lanes_t *w) {
    uint64_t *restrict stream = w->stream;
    int64_t any = 0;
    EACH_LANE w->wait[l] = real_uniform(stream_next(stream + l, LANES));
    EACH_LANE w->aim[l] = real_uniform(stream_next(stream + l, LANES)) * w->total[l];
    EACH_LANE w->next[l] = w->time[l] + -real_log(w->wait[l]) / w->total[l];
    SSA_ANY(l, LANES, any) {
        const int64_t quiet = (w->next[l] < w->stop[l]) & (w->total[l] <= 1.7976931348623157e308);
        any |= ((quiet ^ 1) | w->bad[l]) & w->busy[l];
    }
    return any != 0;
}

/* The number of sums that are not above the aim. */
SSA_INLINE void choose(const ssa_network *n, lanes_t *w) {
    const double *sums = w->sums;
    uint64_t count[LANES];
    EACH_LANE count[l] = 0;
    if (n->reactions <= ALL_COUNTED) {
        for (int64_t j = 0; j < n->reactions; j++)
            EACH_LANE count[l] += sums[j * LANES + l] <= w->aim[l];
        EACH_LANE w->chosen[l] = (int64_t)count[l];
        return;
    }
    for (int64_t j = BLOCK - 1; j < n->reactions; j += BLOCK)
        EACH_LANE count[l] += sums[j * LANES + l] <= w->aim[l];
    LANE_BY_LANE { /* within a block by halves; rows beyond the last reaction are infinite */
        const double aim = w->aim[l], *at = sums + count[l] * BLOCK * LANES + l;
        at += at[7 * LANES] <= aim ? 8 * LANES : 0;
        at += at[3 * LANES] <= aim ? 4 * LANES : 0;
        at += at[1 * LANES] <= aim ? 2 * LANES : 0;
        at += at[0] <= aim ? LANES : 0;
        w->chosen[l] = (at - (sums + l)) / LANES;
    }
}

/* Change the counts. Returns whether one is too large. */
SSA_INLINE int fire(const ssa_network *n, lanes_t *w) {
    int too_large = 0;
    uint64_t awake = w->awake;
    const int64_t width = n->width;
    LANE_BY_LANE {
        const int64_t j = w->chosen[l];
        const int32_t *changed = n->changed + j * width;
        const double *by = n->by + j * width;
        for (int64_t c = 0; c < width; c++) {
            double *x = w->rows + (int64_t)changed[c] * LANES + l;
            const double count = *x + by[c];
            *x = count;
            too_large |= count >= SSA_MOST_COUNTED;
        }
        awake |= n->wakes[j];
        w->time[l] = w->next[l];
    }
    w->awake = awake;
    return too_large;
}

SSA_INLINE void run_lanes(const ssa_network *n, const ssa_block *b, lanes_t *w,
                          const int observed) {
    while (w->running > 0) {
        if (SSA_UNLIKELY(w->step >= w->next_check) && check(n, b, w))
            return;
        run_tape(n, w);
        if (observed && b->watches > 0)
            watch(n, b, w);
        add_up(n, w);
        const int attention = draw(w);
        choose(n, w);
        if (SSA_UNLIKELY(w->running < LANES))
            EACH_LANE w->chosen[l] = w->busy[l] ? w->chosen[l] : n->reactions;
        if (SSA_UNLIKELY(attention))
            attend(n, b, w);
        if (observed && b->traced > 0)
            trace(n, b, w);
        const int too_large = fire(n, w);
        w->step++;
        if (SSA_UNLIKELY(too_large))
            overflow(n, b, w);
    }
}

SSA_CLONES static void run_quick(const ssa_network *n, const ssa_block *b, lanes_t *w) {
    run_lanes(n, b, w, 0);
}

static void run_observed(const ssa_network *n, const ssa_block *b, lanes_t *w) {
    run_lanes(n, b, w, 1);
}

int ssa_lockstep(const ssa_network *n, const ssa_block *b, int64_t from, int64_t to) {
    if (to - from <= FEW)
        return ssa_direct(n, b, from, to);
    static const int64_t size = LANES * sizeof(double);
    void *base;
    lanes_t *w = ssa_allocate(1, sizeof(lanes_t), &base);
    if (w == NULL)
        return 1;
    const int64_t padded = (n->reactions / BLOCK + 2) * BLOCK;
    w->rows = ssa_allocate(n->rows, size, &w->base[0]);
    w->sums = ssa_allocate(padded, size, &w->base[1]);
    w->stream = ssa_allocate(4, size, &w->base[2]);
    const int failed = w->rows == NULL || w->sums == NULL || w->stream == NULL;
    if (!failed) {
        for (int64_t j = n->reactions; j < padded; j++)
            EACH_LANE w->sums[j * LANES + l] = INFINITY;
        EACH_LANE w->rows[n->one * LANES + l] = 1.0;
        for (int64_t i = 0; i < n->constants; i++)
            EACH_LANE w->rows[(n->constant_row + i) * LANES + l] = n->constant[i];
        w->waiting = from;
        w->last = to;
        LANE_BY_LANE begin(n, b, w, l, 0);
        if (b->watches > 0 || b->traced > 0)
            run_observed(n, b, w);
        else
            run_quick(n, b, w);
    }
    for (int i = 0; i < 3; i++)
        free(w->base[i]);
    free(base);
    return failed;
}
