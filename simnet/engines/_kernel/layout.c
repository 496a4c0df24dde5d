#include "layout.h"

#include "tape.h"

#define TAKE(field, type, i, count)                                  \
    do {                                                             \
        if (from[i].bytes != (int64_t)sizeof(type) * (count))        \
            return #field " has the wrong length";                   \
        to->field = from[i].data;                                    \
    } while (0)

#define COUNT(i, type) (from[i].bytes / (int64_t)sizeof(type))

static int within(const int32_t *index, int64_t count, int64_t low, int64_t high) {
    for (int64_t i = 0; i < count; i++)
        if (index[i] < low || index[i] >= high)
            return 0;
    return 1;
}

/* Whether index[0] .. index[count-1] begins at `first`, never falls and ends at `last`. */
static int rising(const int32_t *index, int64_t count, int64_t first, int64_t last) {
    for (int64_t i = 1; i < count; i++)
        if (index[i] < index[i - 1])
            return 0;
    return index[0] >= first && index[count - 1] <= last;
}

const char *layout_network(const layout_buffer *from, ssa_network *to) {
    const int64_t *size = from[0].data;
    if (from[0].bytes != 9 * (int64_t)sizeof(int64_t))
        return "sizes has the wrong length";
    to->species = size[0];
    to->reactions = size[1];
    to->rows = size[2];
    to->one = size[3];
    to->sink = size[4];
    to->time = size[5];
    to->width = size[6];
    to->constant_row = size[7];
    to->items = size[8];
    for (int i = 0; i < 9; i++)
        if (size[i] < 0 || size[i] > INT32_MAX)
            return "a size is out of range";
    const int64_t lines = to->reactions, rows = to->rows;
    TAKE(rate, double, 1, lines);
    TAKE(first, int32_t, 2, lines);
    TAKE(second, int32_t, 3, lines);
    TAKE(less, double, 4, lines);
    TAKE(changed, int32_t, 5, (lines + 1) * to->width);
    TAKE(by, double, 6, (lines + 1) * to->width);
    to->constants = COUNT(7, double);
    TAKE(constant, double, 7, to->constants);
    to->operations = COUNT(8, ssa_operation);
    TAKE(tape, ssa_operation, 8, to->operations);
    TAKE(item_from, int32_t, 9, to->items + 1);
    TAKE(item_result, int32_t, 10, to->items);
    TAKE(item_bits, uint64_t, 11, to->items);
    TAKE(wakes, uint64_t, 12, lines + 1);
    to->readouts = COUNT(13, int32_t);
    TAKE(readout, int32_t, 13, to->readouts);
    TAKE(bounded_from, int32_t, 14, to->species + 1);
    TAKE(bounded, int32_t, 15, to->bounded_from[to->species]);
    TAKE(exact_from, int32_t, 16, lines + 1);
    TAKE(exact, int32_t, 17, to->exact_from[lines]);
    TAKE(is_exact, uint8_t, 18, lines);

    if (to->species > rows || to->one >= rows || to->sink >= rows || to->time >= rows ||
        to->constant_row + to->constants > rows)
        return "a row is out of range";
    if (!within(to->first, lines, 0, rows) || !within(to->second, lines, 0, rows) ||
        !within(to->changed, (lines + 1) * to->width, 0, rows) ||
        !within(to->item_result, to->items, -1, rows) ||
        !within(to->readout, to->readouts, 0, rows) ||
        !within(to->bounded, to->bounded_from[to->species], 0, lines) ||
        !within(to->exact, to->exact_from[lines], 0, lines))
        return "an index is out of range";
    if (!rising(to->item_from, to->items + 1, 0, to->operations) ||
        !rising(to->bounded_from, to->species + 1, 0, INT32_MAX) ||
        !rising(to->exact_from, lines + 1, 0, INT32_MAX))
        return "a list of starts is not in order";
    for (int64_t i = 0; i < to->operations; i++) {
        const ssa_operation *o = to->tape + i;
        if (o->code < 0 || o->code >= TAPE_CODES || !within(&o->target, 4, 0, rows))
            return "an operation of the tape is out of range";
        if (o->target == o->a || o->target == o->b || o->target == o->c)
            return "an operation of the tape reads what it writes";
    }
    return NULL;
}

const char *layout_block(const layout_buffer *from, const ssa_network *n, ssa_block *to) {
    if (from[0].bytes != 3 * (int64_t)sizeof(double) || from[1].bytes != 4 * (int64_t)sizeof(int64_t))
        return "span or limits has the wrong length";
    const double *span = from[0].data;
    const int64_t *limit = from[1].data;
    to->start = span[0];
    to->end = span[1];
    to->most_wall = span[2];
    to->most_firings = limit[0];
    to->stride = limit[1];
    const int64_t offset = limit[2];
    to->traced = limit[3];
    to->replicates = COUNT(6, int32_t);
    const int64_t many = to->replicates;
    TAKE(counts, double, 2, many * n->species);
    TAKE(streams, uint64_t, 3, many * 4);
    TAKE(firings, int64_t, 4, many);
    TAKE(wall, double, 5, many);
    TAKE(status, int32_t, 6, many);
    TAKE(reaction, int32_t, 7, many);
    TAKE(value, double, 8, many);
    TAKE(at, double, 9, many);
    to->outputs = COUNT(10, double);
    TAKE(output, double, 10, to->outputs);
    if (offset < 0 || to->stride < offset + to->outputs * n->readouts)
        return "values are out of range";
    TAKE(values, double, 11, many * to->stride);
    to->values += offset;
    to->watches = COUNT(12, int32_t);
    TAKE(watched, int32_t, 12, to->watches);
    TAKE(sign, double, 13, to->watches);
    TAKE(threshold, double, 14, to->watches);
    TAKE(crossed, double, 15, many * to->watches);
    TAKE(trace_time, double, 16, many * to->traced);
    TAKE(trace_reaction, int32_t, 17, many * to->traced);
    TAKE(control, ssa_control, 18, 1);
    if (!within(to->watched, to->watches, 0, n->readouts))
        return "a watch is out of range";
    return NULL;
}
