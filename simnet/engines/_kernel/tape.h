/* The evaluator of laws that are not mass action, and of readouts: operations on rows.
 *
 * Every operation writes a row of its own, so targets and operands never overlap. Both sides of a
 * choice are computed; what is not chosen may be infinite or no number.
 */
#ifndef SIMNET_TAPE_H
#define SIMNET_TAPE_H

#include <math.h>

#include "real.h"
#include "ssa.h"

enum {
    TAPE_ADD, TAPE_SUBTRACT, TAPE_MULTIPLY, TAPE_DIVIDE, TAPE_NEGATE,
    TAPE_POWER,       /* a ^ b */
    TAPE_EVEN_POWER,  /* a ^ b, with b the same in every lane */
    TAPE_EXP, TAPE_LN, TAPE_LOG10, TAPE_SQRT, TAPE_ABS, TAPE_FLOOR, TAPE_CEIL,
    TAPE_MIN, TAPE_MAX,
    TAPE_SIN, TAPE_COS, TAPE_TAN, TAPE_ASIN, TAPE_ACOS, TAPE_ATAN, TAPE_SINH, TAPE_COSH, TAPE_TANH,
    TAPE_LT, TAPE_LE, TAPE_EQ, TAPE_NE, TAPE_AND, TAPE_OR, TAPE_XOR, TAPE_NOT,
    TAPE_CHOOSE,      /* a != 0 ? b : c */
    TAPE_COPY,
    TAPE_CODES
};

#define TAPE_EACH(value)                   \
    SSA_EACH(l, lanes) {                   \
        t[l] = (value);                    \
    }                                      \
    break

/* a ^ b; whole powers by multiplication, since laws with Hill's exponent 2 or 4 are many. */
SSA_INLINE double tape_power(double a, double b) {
    return real_is_small_whole(b) ? real_whole_power(a, (int)b) : pow(a, b);
}

SSA_INLINE void tape_operate(const ssa_operation *o, double *rows, const int lanes) {
    double *restrict t = rows + (int64_t)o->target * lanes;
    const double *a = rows + (int64_t)o->a * lanes;
    const double *b = rows + (int64_t)o->b * lanes;
    const double *c = rows + (int64_t)o->c * lanes;
    switch (o->code) {
    case TAPE_ADD: TAPE_EACH(a[l] + b[l]);
    case TAPE_SUBTRACT: TAPE_EACH(a[l] - b[l]);
    case TAPE_MULTIPLY: TAPE_EACH(a[l] * b[l]);
    case TAPE_DIVIDE: TAPE_EACH(a[l] / b[l]);
    case TAPE_NEGATE: TAPE_EACH(-a[l]);
    case TAPE_POWER: TAPE_EACH(tape_power(a[l], b[l]));
    case TAPE_EVEN_POWER:
        if (b[0] == 2.0) {
            TAPE_EACH(a[l] * a[l]);
        }
        if (real_is_small_whole(b[0])) {
            const int n = (int)b[0];
            TAPE_EACH(real_whole_power(a[l], n));
        }
        TAPE_EACH(pow(a[l], b[l]));
    case TAPE_EXP: TAPE_EACH(exp(a[l]));
    case TAPE_LN: TAPE_EACH(log(a[l]));
    case TAPE_LOG10: TAPE_EACH(log10(a[l]));
    case TAPE_SQRT: TAPE_EACH(sqrt(a[l]));
    case TAPE_ABS: TAPE_EACH(fabs(a[l]));
    case TAPE_FLOOR: TAPE_EACH(floor(a[l]));
    case TAPE_CEIL: TAPE_EACH(ceil(a[l]));
    case TAPE_MIN: TAPE_EACH(b[l] < a[l] ? b[l] : a[l]);
    case TAPE_MAX: TAPE_EACH(b[l] > a[l] ? b[l] : a[l]);
    case TAPE_SIN: TAPE_EACH(sin(a[l]));
    case TAPE_COS: TAPE_EACH(cos(a[l]));
    case TAPE_TAN: TAPE_EACH(tan(a[l]));
    case TAPE_ASIN: TAPE_EACH(asin(a[l]));
    case TAPE_ACOS: TAPE_EACH(acos(a[l]));
    case TAPE_ATAN: TAPE_EACH(atan(a[l]));
    case TAPE_SINH: TAPE_EACH(sinh(a[l]));
    case TAPE_COSH: TAPE_EACH(cosh(a[l]));
    case TAPE_TANH: TAPE_EACH(tanh(a[l]));
    case TAPE_LT: TAPE_EACH(a[l] < b[l] ? 1.0 : 0.0);
    case TAPE_LE: TAPE_EACH(a[l] <= b[l] ? 1.0 : 0.0);
    case TAPE_EQ: TAPE_EACH(a[l] == b[l] ? 1.0 : 0.0);
    case TAPE_NE: TAPE_EACH(a[l] != b[l] ? 1.0 : 0.0);
    case TAPE_AND: TAPE_EACH(((a[l] != 0.0) & (b[l] != 0.0)) ? 1.0 : 0.0);
    case TAPE_OR: TAPE_EACH(((a[l] != 0.0) | (b[l] != 0.0)) ? 1.0 : 0.0);
    case TAPE_XOR: TAPE_EACH(((a[l] != 0.0) != (b[l] != 0.0)) ? 1.0 : 0.0);
    case TAPE_NOT: TAPE_EACH(a[l] == 0.0 ? 1.0 : 0.0);
    case TAPE_CHOOSE: TAPE_EACH(a[l] != 0.0 ? b[l] : c[l]);
    case TAPE_COPY: TAPE_EACH(a[l]);
    default: break;
    }
}

SSA_INLINE void tape_run(const ssa_operation *tape, int64_t from, int64_t to, double *rows,
                         const int lanes) {
    for (int64_t i = from; i < to; i++)
        tape_operate(tape + i, rows, lanes);
}

#endif
